"""The API of experiments, runs and models over a real MLflow, as the panels use it."""

from typing import Any

import httpx
import pytest

from tests import mlflow_notebook
from tests.mlflow_world import World

API = "/api/v1"


@pytest.fixture(scope="session")
def trained(world: World) -> dict[str, Any]:
    assert world
    return mlflow_notebook.trained()


def get(http: httpx.Client, path: str, /, **params: Any) -> Any:
    answer = http.get(API + path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_new_person_has_the_default_experiment_and_no_models(world: World) -> None:
    with world.http("hub-new") as http:
        experiments = get(http, "/experiments")
        assert "Notebooks" in [one["name"] for one in experiments]
        assert experiments[0]["url"].startswith("/services/notebench/experiments/")
        assert get(http, "/models") == []


def test_runs_come_in_pages_sorted_and_filtered(world: World, trained: dict[str, Any]) -> None:
    with world.http("session-ann") as http:
        experiment = get(http, f"/mlflow-runs/{trained['run']}")["experiment"]
        path = f"/experiments/{experiment}/runs"
        found = get(http, path, filter="metrics.extra > 1", order_by="metrics.extra DESC")["runs"]
        assert [one["id"] for one in found] == [trained["run"]]
        assert {one["name"] for one in found[0]["models"]} >= {"by-hand"}
        assert found[0]["origin"]["user"] == "ann"
        assert found[0]["origin"]["session"] == "s-1"

        mlflow = "/mlflow/api/2.0/mlflow/runs/create"
        for _ in range(3):
            assert http.post(mlflow, json={"experiment_id": experiment}).is_success
        seen, cursor = [], ""
        while True:
            page = get(http, path, limit=2, cursor=cursor)
            seen += [one["id"] for one in page["runs"]]
            cursor = page["next"]
            if not cursor:
                break
        assert len(seen) == len(set(seen)) >= 4
        assert trained["run"] in seen

        wrong = http.get(API + path, params={"filter": "nonsense !!"})
        assert wrong.status_code == 400
        assert "nonsense" in wrong.json()["message"]
        assert http.get(API + path, params={"cursor": "nonsense"}).status_code == 400


def test_a_run_has_its_models_artifacts_and_history(world: World, trained: dict[str, Any]) -> None:
    with world.http("session-ann") as http:
        run = get(http, f"/mlflow-runs/{trained['run']}")
        assert run["status"] == "FINISHED"
        assert run["metrics"]["extra"] == 1.5
        assert run["url"] == f"/services/notebench/mlflow-runs/{run['id']}?for=personal"
        assert {"name": "by-hand", "uri": run["models"][-1]["uri"]} in run["models"]

        history = get(http, f"/mlflow-runs/{run['id']}/metrics/extra")
        assert [one["value"] for one in history["points"]] == [1.5]

        entries = get(http, f"/mlflow-runs/{run['id']}/artifacts")
        folder = next(one for one in entries if one["path"] == "a folder")
        assert folder["folder"] is True
        inner = get(http, f"/mlflow-runs/{run['id']}/artifacts", path="a folder")
        assert inner == [{"path": "a folder/notes & más.txt", "folder": False, "size": 5}]
        file = http.get(f"{API}/mlflow-runs/{run['id']}/artifact", params={"path": inner[0]["path"]})
        assert file.text == "hello"
        assert file.headers["content-type"].startswith("text/plain")
        assert "sandbox" in file.headers["content-security-policy"]
        climbing = http.get(f"{API}/mlflow-runs/{run['id']}/artifact", params={"path": "../../x"})
        assert climbing.status_code == 400
        missing = http.get(f"{API}/mlflow-runs/{run['id']}/artifact", params={"path": "nothing"})
        assert missing.status_code == 404, missing.text


def test_long_histories_are_sampled_and_odd_values_are_words(world: World) -> None:
    with world.http("session-ann") as http:
        experiment = get(http, "/experiments")[0]["id"]
        mlflow = "/mlflow/api/2.0/mlflow"
        created = http.post(f"{mlflow}/runs/create", json={"experiment_id": experiment}).json()
        run = created["run"]["info"]["run_id"]
        for start in range(0, 3000, 1000):
            points = [
                {"key": "loss/train", "value": float(step), "timestamp": step, "step": step}
                for step in range(start, start + 1000)
            ]
            assert http.post(f"{mlflow}/runs/log-batch", json={"run_id": run, "metrics": points}).is_success
        odd = [
            {"key": "odd", "value": value, "timestamp": 1, "step": step}
            for step, value in enumerate(["NaN", "Infinity", "-Infinity", 0.5])
        ]
        assert http.post(f"{mlflow}/runs/log-batch", json={"run_id": run, "metrics": odd}).is_success
        history = get(http, f"/mlflow-runs/{run}/metrics/loss%2Ftrain")
        steps = [one["step"] for one in history["points"]]
        assert 500 <= len(steps) <= 1000
        assert (steps[0], steps[-1]) == (0, 2999)
        assert steps == sorted(steps)
        values = [one["value"] for one in get(http, f"/mlflow-runs/{run}/metrics/odd")["points"]]
        assert values == ["NaN", "Infinity", "-Infinity", 0.5]


def test_register_alias_and_form(world: World, trained: dict[str, Any]) -> None:
    body = {"name": "flowers", "run": trained["run"], "model": "by-hand", "alias": "live", "description": "d"}
    with world.http("session-ann") as http:
        made = http.post(API + "/models", json=body)
        assert made.status_code == 201, made.text
        version = made.json()
        assert (version["model"], version["version"], version["aliases"]) == ("flowers", "1", ["live"])
        assert version["origin"]["user"] == "ann"
        assert version["run"] == trained["run"]

        assert http.post(API + "/models", json=body | {"alias": ""}).json()["version"] == "2"
        model = get(http, "/models/flowers")
        assert [one["version"] for one in model["versions"]] == ["2", "1"]
        assert model["aliases"] == {"live": "1"}
        assert "flowers" in [one["name"] for one in get(http, "/models")]
        moved = http.put(API + "/models/flowers/aliases/live", json={"version": "2"})
        assert moved.json()["aliases"] == ["live"]
        assert get(http, "/models/flowers/versions/@live")["version"] == "2"

        form = get(http, "/models/flowers/versions/2/signature")
        assert form["inputs"][0] == {
            "name": "sepal length (cm)",
            "type": "double",
            "required": True,
            "example": 5.1,
        }
        assert form["example"]["dataframe_split"]["columns"]

        assert http.delete(API + "/models/flowers/aliases/live").status_code == 204
        assert get(http, "/models/flowers")["aliases"] == {}
        assert http.put(API + "/models/flowers/aliases/live", json={"version": "9"}).status_code == 404


def test_registering_says_what_is_missing(world: World, trained: dict[str, Any]) -> None:
    with world.http("session-ann") as http:
        several = http.post(API + "/models", json={"name": "x", "run": trained["run"]})
        assert several.json()["code"] in {"several-models"}, several.text
        unknown = http.post(API + "/models", json={"name": "x", "run": trained["run"], "model": "y"})
        assert (unknown.status_code, unknown.json()["code"]) == (400, "run-without-model")
        assert http.post(API + "/models", json={"name": "x", "run": "0" * 32}).status_code == 404


def test_strangers_see_nothing(world: World, trained: dict[str, Any]) -> None:
    run = f"{API}/mlflow-runs/{trained['run']}"
    with world.http("session-ann") as http:
        experiment = http.get(run).json()["experiment"]
    with world.http("hub-bob") as http:
        for path in (
            run,
            run + "/metrics/extra",
            run + "/artifacts",
            run + "/artifact?path=a%20folder/notes.txt",
            f"{API}/experiments/{experiment}",
            f"{API}/experiments/{experiment}/runs",
            f"{API}/models/iris",
            f"{API}/models/iris/versions/1",
            f"{API}/models/iris/versions/1/signature",
        ):
            answer = http.get(path)
            assert answer.status_code == 404, (path, answer.text)
            assert answer.json()["code"] in {"tracking-unknown", "model-unknown"}
        stolen = http.post(API + "/models", json={"name": "mine", "run": trained["run"]})
        assert stolen.status_code == 404
    with world.http("team-bob") as http:
        refused = http.post(API + "/models", json={"name": "mine", "run": trained["run"]})
        assert (refused.status_code, refused.json()["code"]) == (403, "viewer")
