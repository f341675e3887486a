"""The service is killed at any step: no run is lost, none is started twice, its process is found again."""

import sqlite3
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from notebench_spawner import processes

from tests.bench import Bench

from .conftest import ended, notebook

# Says that it was there once, works for a while, and leaves a report on disk like the runner does.
WORK = """
import json, os, pathlib, sys, time
spec = json.loads(os.environ["NOTEBENCH_RUN_SPEC"])
state = pathlib.Path(spec["state"]); state.mkdir(parents=True, exist_ok=True)
with open(os.environ["HOME"] + "/starts", "a") as f: f.write(os.environ["NOTEBENCH_RUN_ID"] + "\\n")
time.sleep(float(spec["parameters"].get("seconds", 0)))
said = {"sequence": 7, "state": spec["parameters"].get("state", "succeeded"), "reason": ""}
(state / "report.json").write_text(json.dumps(said))
"""
COMMAND = ["python", "-S", "-c", WORK]


def starts(bench: Bench) -> list[str]:
    file = bench.home() / "starts"
    return file.read_text().split() if file.exists() else []


def test_killed_while_it_runs_the_process_is_adopted(bench: Bench) -> None:
    bench.up(command=COMMAND)
    name = notebook(bench.home(), "a.ipynb", "1")
    with bench.client() as client:
        run = client.post("runs", json={"notebook": name, "parameters": {"seconds": 4}}).json()["id"]
    bench.until(lambda: starts(bench))
    [folder] = processes.running(bench.root / "workloads")
    before = processes.read_handle(folder)
    bench.kill()
    bench.up()
    assert processes.alive(before)
    assert ended(bench, run)["state"] == "succeeded"
    assert starts(bench) == [run]


def test_it_ends_while_the_service_is_away(bench: Bench) -> None:
    bench.up(command=COMMAND)
    name = notebook(bench.home(), "a.ipynb", "1")
    with bench.client() as client:
        parameters = {"seconds": 1, "state": "failed"}
        run = client.post("runs", json={"notebook": name, "parameters": parameters}).json()["id"]
    bench.until(lambda: starts(bench))
    bench.kill()
    bench.until(lambda: not processes.running(bench.root / "workloads"))
    bench.up()
    assert ended(bench, run)["state"] == "failed"
    assert starts(bench) == [run]


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4])
def test_killed_at_any_moment_of_the_launch(bench: Bench, delay: float) -> None:
    bench.up(command=COMMAND, concurrency=3)
    name = notebook(bench.home(), "a.ipynb", "1")
    with bench.client() as client:
        asked = [client.post("runs", json={"notebook": name}).json()["id"] for _ in range(6)]
    time.sleep(delay)
    bench.kill()
    bench.up()
    assert {ended(bench, run)["state"] for run in asked} == {"succeeded"}
    assert sorted(starts(bench)) == sorted(asked)


def test_a_process_that_vanished_is_said_to_be_lost(bench: Bench) -> None:
    bench.up(command=COMMAND)
    name = notebook(bench.home(), "a.ipynb", "1")
    with bench.client() as client:
        run = client.post("runs", json={"notebook": name, "parameters": {"seconds": 600}}).json()["id"]
    bench.until(lambda: starts(bench))
    [folder] = processes.running(bench.root / "workloads")
    record = processes.read_handle(folder)
    assert record is not None
    import os
    import signal

    os.kill(record.pid, signal.SIGKILL)
    found = ended(bench, run)
    assert found["state"] == "lost"
    assert found["reason"] == "Its process is gone and nobody saw how it ended."
    assert not list(processes.marked({folder.name}))


def test_a_killed_workload_says_by_which_signal(bench: Bench) -> None:
    bench.up(command=["python", "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"])
    name = notebook(bench.home(), "a.ipynb", "1")
    with bench.client(**{"accept-language": "de"}) as client:
        run = client.post("runs", json={"notebook": name}).json()["id"]
    found = ended(bench, run)
    assert (found["state"], "SIGKILL" in found["reason"]) == ("failed", True)


def test_cancelled_while_waiting_and_while_running(bench: Bench) -> None:
    bench.up(command=COMMAND, concurrency=1)
    name = notebook(bench.home(), "a.ipynb", "1")
    with bench.client() as client:
        body = {"notebook": name, "parameters": {"seconds": 600}}
        first, second = (client.post("runs", json=body).json()["id"] for _ in range(2))
        bench.until(lambda: starts(bench))
        assert client.post(f"runs/{second}/cancel").json()["state"] == "cancelled"
        client.post(f"runs/{first}/cancel").raise_for_status()
        found = ended(bench, first)
        assert (found["state"], found["reason"]) == ("cancelled", "It was cancelled by ada.")
    assert starts(bench) == [first]
    bench.until(lambda: not processes.running(bench.root / "workloads"))


def test_its_time_is_over(bench: Bench) -> None:
    bench.up(command=["python", "-m", "notebench.runner"])
    name = notebook(bench.home(), "slow.ipynb", "import time", "time.sleep(600)")
    with bench.client() as client:
        run = client.post("runs", json={"notebook": name, "timeout_seconds": 4}).json()["id"]
    found = ended(bench, run)
    assert found["state"] == "timed_out"
    assert "4 seconds" in found["reason"]
    assert found["output"]


def test_never_more_than_allowed_at_once(bench: Bench) -> None:
    bench.up(command=COMMAND, concurrency=2)
    name = notebook(bench.home(), "a.ipynb", "1")
    with bench.client() as client:
        body = {"notebook": name, "parameters": {"seconds": 0.5}}
        asked = [client.post("runs", json=body).json()["id"] for _ in range(6)]
        most = 0
        while len(starts(bench)) < 6:
            most = max(most, len(processes.running(bench.root / "workloads")))
            time.sleep(0.05)
        assert most <= 2
    assert {ended(bench, run)["state"] for run in asked} == {"succeeded"}


def test_an_ended_run_has_no_token_any_more(bench: Bench) -> None:
    keep = 'import os; open(os.environ["HOME"] + "/token", "w").write(os.environ["NOTEBENCH_TOKEN"])'
    bench.up(command=["python", "-S", "-c", keep])
    name = notebook(bench.home(), "a.ipynb", "1")
    with bench.client() as client:
        run = client.post("runs", json={"notebook": name}).json()["id"]
        ended(bench, run)
        token = (bench.home() / "token").read_text()
        (bench.home() / "token").unlink()  # it would be found as what a test left behind
        said = client.post(
            f"runs/{run}/report",
            json={"sequence": 1, "state": "running"},
            headers={"Authorization": f"Bearer {token}", "Notebench-Acting-For": ""},
        )
        assert said.status_code == 401
    stored = (bench.root / "service" / "notebench.db").read_bytes()
    assert token.encode() not in stored
    assert token not in "".join(p.read_text() for p in (bench.root / "workloads").rglob("*.json"))


@pytest.mark.parametrize("delay", [0.0, 0.1, 0.2, 0.3])
def test_a_schedule_fires_once_however_often_the_service_is_killed(bench: Bench, delay: float) -> None:
    bench.features = bench.options["features"] = "runs schedules"
    begin = datetime(2026, 11, 20, 12, 0, 30, tzinfo=UTC)
    (bench.root / "now").write_text(begin.isoformat())
    bench.up(command=COMMAND, concurrency=4)
    name = notebook(bench.home(), "a.ipynb", "1")
    with bench.client() as client:
        wish = {"name": "every minute", "notebook": name, "cron": "* * * * *"}
        client.post("schedules", json=wish).raise_for_status()
    for minute in range(1, 4):
        set_clock(bench.root, begin + timedelta(minutes=minute))
        time.sleep(delay)
        bench.kill()
        bench.up()
        # Before the next one: two that are due at once would be one late run that stands for both.
        with bench.client() as client:
            bench.until(lambda: len(client.get("runs").json()["runs"]) == minute)  # noqa: B023
    time.sleep(0.5)
    with bench.client() as client:
        runs = client.get("runs").json()["runs"]
    assert [run["fire_time"] for run in runs] == [f"2026-11-20T12:0{n}:00Z" for n in (3, 2, 1)]
    for run in runs:
        assert ended(bench, run["id"])["state"] == "succeeded"
    assert sorted(starts(bench)) == sorted(run["id"] for run in runs)


def set_clock(root: Path, moment: datetime) -> None:
    (root / "now.new").write_text(moment.isoformat())
    (root / "now.new").replace(root / "now")


def test_a_fire_time_cannot_have_two_runs(bench: Bench) -> None:
    bench.up()
    database = sqlite3.connect(bench.root / "service" / "notebench.db")
    [sql] = database.execute("SELECT sql FROM sqlite_master WHERE name = 'uq_runs_fire_time'").fetchone()
    assert "UNIQUE" in sql
