"""What is refused early, and what is found out only when a run is due."""

from datetime import UTC, datetime, timedelta

import pytest
from notebench_spawner import processes

from tests.bench import USERS, Bench

from .conftest import ended, notebook

QUICK = ["python", "-S", "-c", "pass"]
BEGIN = datetime(2026, 11, 20, 12, 0, 30, tzinfo=UTC)


@pytest.fixture
def clocked(bench: Bench) -> Bench:
    """A bench whose clock stands still until it is set."""
    set_clock(bench, BEGIN)
    return bench.up(command=QUICK, features="runs schedules", bob="editor")


def set_clock(bench: Bench, moment: datetime) -> None:
    (bench.root / "now.new").write_text(moment.isoformat())
    (bench.root / "now.new").replace(bench.root / "now")


WRONG = [
    ({"notebook": "../eve/a.ipynb"}, 400, "notebook-path"),
    ({"notebook": "none.ipynb"}, 404, "notebook-missing"),
    ({"parameters": {"a b": 1}}, 400, "parameter-name"),
    ({"parameters": {"a": "x" * 70_000}}, 413, "parameters-too-large"),
    ({"cron": "* * * *"}, 400, "cron"),
    ({"cron": "0 0 30 2 *"}, 400, "cron"),
    ({"timezone": "Mars/Base"}, 400, "timezone"),
]


@pytest.mark.parametrize(("wrong", "status", "code"), WRONG)
def test_wrong_wishes(clocked: Bench, wrong: dict[str, object], status: int, code: str) -> None:
    name = notebook(clocked.home(), "a.ipynb", "1")
    wish = {"name": "n", "notebook": name, "cron": "0 6 * * *"} | wrong
    with clocked.client() as client:
        answer = client.post("schedules", json=wish)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert client.get("schedules").json() == []
        if "cron" not in wrong and "timezone" not in wrong:
            body = {key: value for key, value in wish.items() if key in {"notebook", "parameters"}}
            assert client.post("runs", json=body).json()["code"] == code


def test_a_schedule_from_the_first_word_to_the_last(clocked: Bench) -> None:
    name = notebook(clocked.home(), "a.ipynb", "1")
    wish = {"name": "nightly", "notebook": name, "cron": "30 6 * * 1-5", "timezone": "Europe/Berlin"}
    with clocked.client(**{"accept-language": "de"}) as client:
        preview = client.post("schedules/preview", json={"cron": wish["cron"], "timezone": wish["timezone"]})
        assert preview.json()["words"] == "Um 06:30, Montag bis Freitag"
        assert preview.json()["next_fires"][0] == "Mo., 23. Nov. 2026, 06:30"
        made = client.post("schedules", json=wish).raise_for_status().json()
        assert made["next_fire_time"] == "2026-11-23T05:30:00Z"
        assert made["next_fires"] == preview.json()["next_fires"]
        assert (made["image"], made["profile"]) == ("minimal", "small")
        paused = client.put(f"schedules/{made['id']}", json={**wish, "paused": True}).json()
        assert (paused["next_fire_time"], paused["next_fires"]) == (None, [])
        run = client.post(f"schedules/{made['id']}/run").raise_for_status().json()
        assert (run["schedule"], run["fire_time"]) == (made["id"], None)
        ended(clocked, run["id"])
        assert client.get("schedules").json()[0]["last_run"]["id"] == run["id"]
        assert client.get("runs", params={"schedule": made["id"]}).json()["runs"][0]["id"] == run["id"]
        client.delete(f"schedules/{made['id']}").raise_for_status()
        assert client.get(f"schedules/{made['id']}").status_code == 404
        assert len(client.get("runs").json()["runs"]) == 1


def test_missed_fire_times_are_one_run_that_says_so(clocked: Bench) -> None:
    name = notebook(clocked.home(), "a.ipynb", "1")
    with clocked.client() as client:
        wish = {"name": "hourly", "notebook": name, "cron": "0 * * * *"}
        made = client.post("schedules", json=wish).raise_for_status().json()
        set_clock(clocked, BEGIN + timedelta(hours=5))
        [run] = clocked.until(lambda: client.get("runs").json()["runs"])
        found = ended(clocked, run["id"])
        assert (found["state"], found["fire_time"]) == ("succeeded", "2026-11-20T17:00:00Z")
        assert "from 2026-11-20 13:00 to 2026-11-20 17:00" in found["reason"]
        assert client.get(f"schedules/{made['id']}").json()["next_fire_time"] == "2026-11-20T18:00:00Z"


def fire(bench: Bench, user: str, acting_for: str) -> dict:
    """What becomes of the next fire time."""
    with bench.client(user, acting_for) as client:
        set_clock(bench, BEGIN + timedelta(minutes=1))
        [run] = bench.until(lambda: client.get("runs").json()["runs"])

        def look() -> dict | None:
            found = client.get(f"runs/{run['id']}").json()
            return found if found["ended"] else None

        return bench.until(look)


def project_schedule(bench: Bench, user: str) -> None:
    with bench.client(user, "wine") as client:
        name = notebook(bench.home(user), "a.ipynb", "1")
        wish = {"name": "n", "notebook": name, "cron": "* * * * *"}
        client.post("schedules", json=wish).raise_for_status()


def test_whoever_left_the_project_runs_nothing_for_it(clocked: Bench) -> None:
    project_schedule(clocked, "bob")
    clocked.users({**USERS, "bob": []})
    found = fire(clocked, "ada", "wine")
    assert found["state"] == "failed"
    assert found["reason"].startswith("bob may not run things for the project wine any more.")
    assert not (clocked.root / "workloads").exists() or not processes.running(clocked.root / "workloads")


def test_whoever_is_gone_runs_nothing(clocked: Bench) -> None:
    project_schedule(clocked, "bob")
    clocked.users({name: groups for name, groups in USERS.items() if name != "bob"})
    assert fire(clocked, "ada", "wine")["reason"].startswith("The hub knows no user bob any more.")


def test_what_the_catalogue_does_not_allow_any_more(clocked: Bench) -> None:
    project_schedule(clocked, "ada")
    (clocked.root / "refuse").write_text("small")
    found = fire(clocked, "ada", "wine")
    assert (found["state"], "not open to you" in found["reason"]) == ("failed", True)


def test_a_notebook_that_was_removed(clocked: Bench) -> None:
    project_schedule(clocked, "ada")
    (clocked.home() / "a.ipynb").unlink()
    found = fire(clocked, "ada", "wine")
    assert found["state"] == "failed"
    assert found["reason"].startswith("There is no notebook a.ipynb in your files.")


def test_a_project_sees_its_runs_and_viewers_change_nothing(bench: Bench) -> None:
    bench.up(command=QUICK, features="runs schedules")
    name = notebook(bench.home(), "a.ipynb", "1")
    wish = {"name": "n", "notebook": name, "cron": "0 0 1 1 *"}
    with bench.client("ada", "wine") as owner, bench.client("bob", "wine") as viewer:
        run = owner.post("runs", json={"notebook": name}).raise_for_status().json()
        schedule = owner.post("schedules", json=wish).raise_for_status().json()["id"]
        assert [one["id"] for one in viewer.get("runs").json()["runs"]] == [run["id"]]
        assert viewer.get(f"runs/{run['id']}").json()["user"] == "ada"
        for answer in (
            viewer.post("runs", json={"notebook": name}),
            viewer.post(f"runs/{run['id']}/cancel"),
            viewer.post("schedules", json=wish),
            viewer.put(f"schedules/{schedule}", json=wish),
            viewer.delete(f"schedules/{schedule}"),
            viewer.post(f"schedules/{schedule}/run"),
        ):
            assert answer.status_code == 403
    with bench.client("ada") as personal:
        assert personal.get("runs").json()["runs"] == []


def test_pages_of_runs(bench: Bench) -> None:
    bench.up(command=QUICK, concurrency=4)
    name = notebook(bench.home(), "a.ipynb", "1")
    with bench.client() as client:
        asked = [client.post("runs", json={"notebook": name}).json()["id"] for _ in range(7)]
        seen, cursor = [], ""
        while True:
            page = client.get("runs", params={"limit": 3, "cursor": cursor}).json()
            seen += [one["id"] for one in page["runs"]]
            cursor = page["next"]
            if not cursor:
                break
        assert seen == asked[::-1]
        assert client.get("runs", params={"limit": 0}).status_code == 400
        assert client.get("runs", params={"state": "dancing"}).status_code == 400


def test_what_waits_says_for_what(bench: Bench) -> None:
    bench.up(command=["python", "-S", "-c", "import time; time.sleep(30)"], concurrency=1)
    name = notebook(bench.home(), "a.ipynb", "1")
    with bench.client() as client:
        first, second = (client.post("runs", json={"notebook": name}).json()["id"] for _ in range(2))
        bench.until(lambda: client.get(f"runs/{first}").json()["state"] == "starting")
        waiting = client.get(f"runs/{second}").json()
        assert waiting["reason"] == "It waits for its turn. Notebook runs at a time: 1."


def test_with_the_hub_away_runs_wait(clocked: Bench) -> None:
    name = notebook(clocked.home(), "a.ipynb", "1")
    with clocked.client() as client:
        wish = {"name": "n", "notebook": name, "cron": "* * * * *"}
        client.post("schedules", json=wish).raise_for_status()
        (clocked.root / "hub-away").touch()
        set_clock(clocked, BEGIN + timedelta(minutes=1))

        def waits() -> bool:
            return any(
                run["reason"].startswith("It waits: The hub") for run in client.get("runs").json()["runs"]
            )

        clocked.until(waits)
        (clocked.root / "hub-away").unlink()
        [run] = client.get("runs").json()["runs"]
        assert ended(clocked, run["id"])["state"] == "succeeded"
