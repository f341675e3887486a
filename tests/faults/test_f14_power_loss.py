"""F14: everything killed at once during a thousand acknowledged writes: what was acknowledged is there.

A kill leaves what a process wrote to the system; a power cut takes what the system had not written to the
disk. So the second half of the promise is tested by what the databases ask of the disk: `synchronous=FULL`.
"""

import concurrent.futures
import os
import random
import signal
import sqlite3
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import httpx
import psutil
from notebench_hub.hub import database as hub_database
from notebench_hub.place import Place
from notebench_hub.service.store import Store, audit_reading
from notebench_hub.settings import Settings
from notebench_spawner import processes

from tests.bench import Bench
from tests.deployments.conftest import SERVER, Serving
from tests.faults.conftest import ROUNDS
from tests.runs.conftest import bench as bench  # noqa: PLC0414 - the fixture
from tests.runs.conftest import notebook

WRITES = 1000
Acknowledged = tuple[str, str, str]
"""Who, what kind of thing, and its id."""


class Writers:
    """Three people who make runs, schedules and deployments without pause, and keep what was acknowledged."""

    def __init__(self, bench: Bench, enough: int) -> None:
        self.bench, self.left = bench, enough
        self.acknowledged: list[Acknowledged] = []
        self.lock = threading.Lock()

    def _done(self, *one: str) -> None:
        with self.lock:
            self.acknowledged.append((one[0], one[1], one[2]))
            self.left -= 1

    def work(self, user: str, turn: int) -> None:
        number = 0
        with self.bench.client(user) as client:
            while self.left > 0:
                number += 1
                try:
                    self._one(client, user, f"{turn}-{number}", number % 10)
                except httpx.HTTPError:
                    return  # the power is gone: nobody promised anything about this one

    def _one(self, client: httpx.Client, user: str, name: str, kind: int) -> None:
        if kind == 1 and self._count(user, "deployments") < 2:
            answer = client.put(f"deployments/w-{name}", json={"model": "wine", "version": "1"})
            key, ident = "deployments", f"w-{name}"
        elif kind < 4 and self._count(user, "schedules") < 150:
            body = {"name": name, "notebook": "a.ipynb", "cron": "0 6 1 1 *", "timezone": "UTC"}
            answer = client.post("schedules", json=body)
            key, ident = "schedules", ""
        else:
            answer = client.post("runs", json={"notebook": "a.ipynb"})
            key, ident = "runs", ""
        if answer.is_success:
            self._done(user, key, ident or answer.json()["id"])
        else:
            assert answer.status_code in {400, 503}, answer.text

    def _count(self, user: str, kind: str) -> int:
        with self.lock:
            return sum(one[:2] == (user, kind) for one in self.acknowledged)


def power_off(bench: Bench) -> None:
    """Everything at once: the service and whatever it started."""
    assert bench.process
    folders = {one.name for one in (bench.root / "workloads").iterdir()}
    doomed = [bench.process.pid, *(one.pid for one in processes.marked(folders))]
    for pid in doomed:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    bench.process.wait()
    psutil.wait_procs([psutil.Process(pid) for pid in doomed if psutil.pid_exists(pid)], timeout=5)


def test_every_acknowledged_thing_is_there(bench: Bench) -> None:
    moments = random.Random(14)
    Serving(bench)  # the models that are deployed
    command = ["python", "-S", "-c", "import time; time.sleep(30)"]
    options = {"serving": [sys.executable, "-S", SERVER], "command": command, "concurrency": 1, "grace": 1}
    bench.up(features="runs schedules deployments", **options)
    users = ("ada", "bob", "eve")
    for user in users:
        notebook(bench.home(user), "a.ipynb", "1")
    writers = Writers(bench, WRITES * ROUNDS)
    turn = 0
    while writers.left > 0:
        turn += 1
        with concurrent.futures.ThreadPoolExecutor(len(users)) as pool:
            working = [pool.submit(writers.work, user, turn) for user in users]
            enough = writers.left - moments.randrange(150, 350)
            while writers.left > max(enough, 0) and not all(one.done() for one in working):
                time.sleep(0.01)
            power_off(bench)
            for one in working:
                one.result()
        bench.up()
    kinds = Counter(one[1] for one in writers.acknowledged)
    print(f"{len(writers.acknowledged)} writes, {turn} power cuts: {dict(kinds)}")
    database = bench.root / "service" / "notebench.db"
    with sqlite3.connect(database) as opened:
        assert opened.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        found = {
            kind: {row[0] for row in opened.execute(f"SELECT {column} FROM {kind}")}
            for kind, column in (("runs", "id"), ("schedules", "id"), ("deployments", "name"))
        }
    lost = [one for one in writers.acknowledged if one[2] not in found[one[1]]]
    assert lost == []
    assert set(kinds) == {"runs", "schedules", "deployments"}
    store = Store(database, audit_key=Place(bench.root).secret("audit-key"))
    assert store.read_now(audit_reading.first_break) is None, "the audit's chain is whole"
    store.close()


def test_databases_ask_the_disk_to_keep_what_they_promise(tmp_path: Path) -> None:
    full = [(2,)]
    store = Store(tmp_path / "notebench.db")
    store.open()
    with store._engines.writes.connect() as connection:
        assert [tuple(row) for row in connection.exec_driver_sql("PRAGMA synchronous")] == full
    store.close()
    place = Place(tmp_path)
    place.create()
    _url, how = hub_database.prepared(place, Settings())
    with sqlite3.connect(place.hub / hub_database.FILE, **how["connect_args"]) as opened:
        assert opened.execute("PRAGMA journal_mode").fetchall() == [("wal",)]
        assert opened.execute("PRAGMA synchronous").fetchall() == full
    # MLflow sets none of its own, so what SQLite was built with counts for it.
    with sqlite3.connect(tmp_path / "mlflow.db") as opened:
        opened.execute("PRAGMA journal_mode=WAL")
        assert opened.execute("PRAGMA synchronous").fetchall() == full
