"""The real runner in the real service: from the wish to the output notebook."""

import nbformat

from tests.bench import Bench

from .conftest import ended, notebook


def test_a_run_from_the_wish_to_the_output(bench: Bench) -> None:
    bench.up()
    (bench.home() / "random.py").write_text("1 / 0")  # is nothing that the runner imports
    (bench.home() / "work").mkdir()
    (bench.home() / "work" / "helper.py").write_text("one = 1")
    cells = ("a = 1", "from helper import one; print('the sum is', a + one)")
    name = notebook(bench.home(), "work/sum.ipynb", *cells)
    with bench.client() as client:
        asked = client.post("runs", json={"notebook": name, "parameters": {"a": 41}}).raise_for_status()
        run = asked.json()
        assert run["state"] in {"queued", "starting"}
        found = ended(bench, run["id"])
        assert (found["state"], found["reason"]) == ("succeeded", "")
        assert found["progress"]["cells"] == 3
        assert found["output"].startswith("runs/sum/")
        output = client.get(f"runs/{run['id']}/output").raise_for_status()
        assert output.headers["x-content-type-options"] == "nosniff"
        assert "attachment" in output.headers["content-disposition"]
        assert "the sum is 42" in output.text
        assert nbformat.read(bench.home() / found["output"], 4)
        assert "sum.ipynb: succeeded" in client.get(f"runs/{run['id']}/logs").text
        assert [one["id"] for one in client.get("runs").json()["runs"]] == [run["id"]]
    with bench.client("eve") as stranger:
        assert stranger.get(f"runs/{run['id']}").status_code == 404
        assert stranger.get(f"runs/{run['id']}/output").status_code == 404
        assert stranger.post(f"runs/{run['id']}/cancel").status_code == 404
        assert stranger.get("runs").json()["runs"] == []


def test_a_failing_cell_is_named(bench: Bench) -> None:
    bench.up()
    name = notebook(bench.home(), "bad.ipynb", "a = 1", "1 / 0")
    with bench.client(**{"accept-language": "en"}) as client:
        run = client.post("runs", json={"notebook": name}).raise_for_status().json()
        found = ended(bench, run["id"])
        assert found["state"] == "failed"
        assert found["failure"]["error"] == "ZeroDivisionError"
        assert client.get(f"runs/{run['id']}/output").is_success
