"""Killed at any moment, started again: nothing is lost, nothing starts twice, workloads do not notice."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from notebench.contract.errors import Unavailable
from notebench_spawner import processes
from notebench_spawner.process import process_spec

from tests.launcher.world import World, until, why_not, world

COUNTED = "open('starts', 'a').write('x'); import time; print('on', flush=True); time.sleep(600)"


@pytest.fixture
def fresh() -> Iterator[World]:
    """A launcher that a test may kill."""
    if reason := why_not():
        pytest.skip(reason)
    with world() as made:
        yield made


def insist(fresh: World, user: str, code: str, name: str) -> processes.Record:
    """Start something as hub and service do it: again, until the launcher answers."""
    one = fresh.workload(user, code, id=name)
    until_ = time.monotonic() + 40
    while True:
        try:
            return fresh.hands.launch(one, process_spec(one, fresh.root / "environments"), 0.5)
        except Unavailable:
            assert time.monotonic() < until_
            time.sleep(0.1)


def handlers(child: int) -> list[int]:
    with suppress(psutil.Error):
        return [one.pid for one in psutil.Process(child).children()]
    return []


def test_the_serving_process_comes_back(fresh: World) -> None:
    record = insist(fresh, "ada", COUNTED, "run-before")
    for _ in range(3):
        child = fresh.child()
        os.kill(child, signal.SIGKILL)
        begin = time.monotonic()
        assert fresh.hands.listens("run-before", 1) is False  # waits in the queue meanwhile
        assert time.monotonic() - begin < 10
        assert fresh.child() != child
    assert insist(fresh, "ada", COUNTED, "run-before") == record
    assert processes.alive(record)


def test_both_killed_and_started_again_find_what_runs(fresh: World) -> None:
    record = insist(fresh, "ada", COUNTED, "run-before")
    folder = fresh.workloads / "run-before"
    child = fresh.child()
    fresh.stop(signal.SIGKILL)
    until(lambda: not psutil.pid_exists(child))  # does not outlive its watcher
    assert processes.alive(record)
    with pytest.raises(Unavailable):
        fresh.hands.listens("run-before", 1)
    fresh.start()
    assert insist(fresh, "ada", COUNTED, "run-before") == record
    assert (fresh.hands.home("ada") / "starts").read_text() == "x"
    fresh.hands.ask_to_end("run-before")
    until(lambda: processes.read_exit(folder))


def test_a_request_that_outlives_the_launcher_does_not_keep_the_next_one_away(fresh: World) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.connect(str(fresh.socket))
        child = fresh.child()
        until(lambda: len(handlers(child)) == 1)  # others are of the start
        [handler] = handlers(child)
        fresh.stop(signal.SIGKILL)
        assert psutil.pid_exists(handler)
        fresh.start()
        assert fresh.hands.listens("run-unknown", 1) is False


def test_sigterm_ends_the_launcher_and_no_workload(fresh: World) -> None:
    record = insist(fresh, "ada", COUNTED, "run-stays")
    child = fresh.child()
    assert fresh.stop() == 0
    assert not psutil.pid_exists(child)
    assert not fresh.socket.exists()
    assert processes.alive(record)


def test_a_second_launcher_refuses_and_harms_nothing(fresh: World) -> None:
    done = subprocess.run(fresh.command(), capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1
    assert "Another launcher runs" in done.stderr
    assert fresh.hands.listens("run-unknown", 1) is False


@pytest.mark.parametrize("moment", range(8))
def test_killed_at_any_moment_of_a_launch(fresh: World, moment: int) -> None:
    """The serving process and the one that works on the start are killed; who asked asks again."""
    name = f"run-{moment}"
    insist(fresh, "warmup", "pass", "run-warmup")
    child = fresh.child()
    begin = time.monotonic()
    result: list[processes.Record] = []
    thread = threading.Thread(target=lambda: result.append(insist(fresh, "ada", COUNTED, name)))
    thread.start()
    while time.monotonic() - begin < moment * 0.05:
        time.sleep(0.001)
    for pid in [child, *handlers(child)]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    thread.join(60)
    [record] = result
    folder = fresh.workloads / name
    until(lambda: "on" in (folder / "output.log").read_text())
    time.sleep(0.3)
    assert (fresh.hands.home("ada") / "starts").read_text() == "x"
    assert processes.alive(record)
    assert fresh.account("ada").pw_uid == (fresh.hands.home("ada")).stat().st_uid


def test_two_at_once_are_one(fresh: World) -> None:
    found: list[processes.Record] = []
    threads = [
        threading.Thread(target=lambda: found.append(insist(fresh, "ada", COUNTED, "run-twice")))
        for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 10
    assert len(set(found)) == 1
    time.sleep(0.5)
    assert (fresh.hands.home("ada") / "starts").read_text() == "x"


def test_what_ended_is_reaped_and_its_private_directories_go(fresh: World) -> None:
    """Whoever started it may have been killed: the launcher itself looks now and then."""
    insist(fresh, "ada", "pass", "run-short")
    until(lambda: processes.read_exit(fresh.workloads / "run-short"))
    assert fresh.process is not None
    mine = psutil.Process(fresh.process.pid)
    until(lambda: all(one.status() != psutil.STATUS_ZOMBIE for one in mine.children(recursive=True)))
    temporary = fresh.root / "tmp" / "run-short"
    assert temporary.is_dir()
    os.kill(fresh.child(), signal.SIGKILL)  # the one that comes looks at once
    until(lambda: not temporary.exists())
    assert (fresh.workloads / "run-short").is_dir()


def test_young_directories_of_what_is_about_to_start_stay(fresh: World) -> None:
    one = fresh.workload("ada", "pass")
    runtime = fresh.hands.make_runtime(one)
    os.kill(fresh.child(), signal.SIGKILL)
    fresh.hands.prepare_home(one)
    time.sleep(1)
    assert runtime.is_dir()
    old = time.time() - 3600
    os.utime(runtime, (old, old))
    os.kill(fresh.child(), signal.SIGKILL)
    until(lambda: not runtime.exists())
    assert Path(fresh.socket).exists()
