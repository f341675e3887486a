"""F8: the service killed at every step of a firing: each fire time runs once, or is shown as missed.

Steps of a firing are the clock's look, its transaction, the queue, the claim, the plan, the launch, the
handle, the report, the end. Kills come at random moments over all of them; what must hold is looked at when
everything has settled. `tests/runs/test_kill.py` kills at given moments of a single launch.
"""

import random
import re
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from notebench.contract.runs import FINAL_STATES

from tests.bench import Bench
from tests.faults.conftest import ROUNDS
from tests.runs.conftest import bench as bench  # noqa: PLC0414 - the fixture
from tests.runs.conftest import notebook
from tests.runs.test_kill import COMMAND, set_clock, starts

BEGIN = datetime(2026, 11, 20, 12, 0, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def missed(reason: str) -> set[datetime]:
    """The fire times that a late run says it stands for."""
    found = re.search(r"from (\S+ \S+) to (\S+ \S+) passed", reason)
    if not found:
        return set()
    first, last = (datetime.fromisoformat(one).replace(tzinfo=UTC) for one in found.groups())
    return {first + MINUTE * n for n in range(int((last - first) / MINUTE) + 1)}


def test_each_fire_time_runs_once_or_is_shown_as_missed(bench: Bench) -> None:
    moments = random.Random(8)
    set_clock(bench.root, BEGIN)
    bench.up(features="runs schedules", command=COMMAND, concurrency=4)
    name = notebook(bench.home(), "a.ipynb", "1")
    with bench.client() as client:
        wish = {"name": "every minute", "notebook": name, "cron": "* * * * *", "timezone": "UTC"}
        client.post("schedules", json=wish).raise_for_status()
    minutes = 0
    for _ in range(8 * ROUNDS):
        steps = moments.choice((1, 1, 1, 3))  # sometimes it is away over several fire times
        for step in range(steps):
            minutes += 1
            set_clock(bench.root, BEGIN + MINUTE * minutes)
            if step == 0:
                time.sleep(moments.uniform(0.0, 0.9))
                bench.kill()
        bench.up()
    last = BEGIN + MINUTE * minutes
    runs = _settled(bench, last)
    fired = [datetime.fromisoformat(run["fire_time"]) for run in runs]
    assert len(set(fired)) == len(fired), "a fire time has one run"
    shown = set(fired).union(*(missed(run["reason"]) | missed(_note(bench, run["id"])) for run in runs))
    due = {BEGIN.replace(second=0) + MINUTE * n for n in range(1, minutes + 1)}
    assert due <= shown, f"neither run nor shown as missed: {sorted(due - shown)}"
    assert sorted(starts(bench)) == sorted(run["id"] for run in runs), "each started exactly once"
    assert {run["state"] for run in runs} == {"succeeded"}


def _settled(bench: Bench, last: datetime) -> list[dict]:
    def look() -> list[dict] | None:
        with bench.client() as client:
            runs = client.get("runs", params={"limit": 200}).json()["runs"]
        newest = max((datetime.fromisoformat(run["fire_time"]) for run in runs), default=None)
        done = all(run["state"] in FINAL_STATES for run in runs)
        return runs if done and newest == last.replace(second=0) else None

    return bench.until(look, 60)


def _note(bench: Bench, run: str) -> str:
    """What the run said before it ended: a later reason may have taken its place."""
    file: Path = bench.root / "service" / "notebench.db"
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
        [(note,)] = database.execute("SELECT note FROM runs WHERE id = ?", (run,)).fetchall()
    return str(note)
