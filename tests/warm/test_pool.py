"""What waits: once used, never again; nobody's before; gone with its keeper; cold where there is none."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
from notebench_spawner import processes, shim, standby
from notebench_spawner.warm import report, room
from notebench_spawner.warm.waiting import Waiting
from notebench_spawner.workload import Kind

from .place import AMBIENT, IMAGE, Place, alive, below, until

KEEPER = """
import sys, time
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.warm.place import Place
place = Place(Path(sys.argv[1]))
place.wait_ready()
one = place.pool.ready()[0]
print(one.shim.pid, flush=True)
time.sleep(600)
"""


def one_of(place: Place) -> Waiting:
    place.wait_ready()
    return place.pool.ready()[0]


def test_before_its_hand_over_it_is_nobodys(place: Place) -> None:
    one = one_of(place)
    everything = [psutil.Process(one.shim.pid), *below(one.shim.pid)]
    assert len(everything) == 3  # a shim, a runner, a kernel
    for process in everything:
        environ = process.environ()
        if process.pid == one.shim.pid:
            assert environ == {"NOTEBENCH_WORKLOAD": standby.ROOM}
        else:
            assert environ["HOME"].startswith("/nonexistent/")
        assert not [name for name in environ if name.startswith(("NOTEBENCH_TOKEN", "JUPYTERHUB", "MLFLOW"))]
        assert str(place.home) not in " ".join(environ.values())
        assert process.net_connections("inet") == []
        writable = [f.path for f in process.open_files() if getattr(f, "mode", "r") != "r"]
        assert writable == []
        assert process.cwd() == "/"


def test_once_used_never_again(place: Place) -> None:
    one = one_of(place)
    show = "import os; print(os.getpid(), os.environ.get('NOTEBENCH_TOKEN'))"
    pids = []
    for name in ("run-first", "run-second"):
        place.wait_ready()
        record, warm = place.start(
            place.workload(name, [show], secret_env={"NOTEBENCH_TOKEN": f"secret of {name}"})
        )
        assert warm
        assert place.ended(name).code == 0
        pid, _, secret = place.printed(name).strip().partition(" ")
        assert secret == f"secret of {name}"
        pids += [record.pid, int(pid)]
    assert len(set(pids)) == 4
    assert one not in place.pool.ready()


def test_one_that_has_died_meanwhile_costs_nothing_but_a_cold_start(place: Place) -> None:
    for name, which in (("run-both", slice(None)), ("run-runner", slice(1)), ("run-kernel", slice(1, None))):
        one = one_of(place)
        for process in below(one.shim.pid)[which]:
            process.kill()
        place.start(place.workload(name, ["print('on')"]))
        assert place.ended(name).code == 0
        assert place.printed(name) == "on\n"


def test_one_that_hangs_is_ended_before_another_one_starts(place: Place) -> None:
    one = one_of(place)
    one.shim.send_signal(signal.SIGSTOP)  # it hangs: nobody answers
    threading.Timer(1, lambda: one.shim.send_signal(signal.SIGKILL)).start()
    _, warm = place.start(place.workload("run-b", ["print('on')"]))
    assert not warm
    assert place.ended("run-b").code == 0
    assert place.printed("run-b") == "on\n"


def test_an_image_that_may_not_be_started_any_more_is_not_kept(place: Place) -> None:
    one = one_of(place)
    place.startable.clear()
    until(lambda: not alive(one.shim.pid))
    assert place.pool.ready() == []
    time.sleep(4)
    assert place.pool.ready() == []


def test_an_environment_that_cannot_wait_is_left_alone(place: Place) -> None:
    other = place.environments / "feed00000002"
    (other / "bin").mkdir(parents=True)
    (other / "manifest.json").write_text("{}")
    (other / "bin" / "python").write_text("#!/bin/sh\necho no such module >&2; exit 1\n")
    (other / "bin" / "python").chmod(0o755)
    place.startable[:] = [other.name]
    until(lambda: place.pool._failures.get(other.name, 0) >= 3, 60)
    place.startable[:] = [IMAGE]
    place.wait_ready()


def test_its_keepers_end_is_its_end(tmp_path: Path) -> None:
    program = KEEPER.format(root=str(Path(__file__).parents[2]))
    keeper = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert keeper.stdout
    waiting = int(keeper.stdout.readline())
    everything = [waiting, *(process.pid for process in below(waiting))]
    assert len(everything) == 3
    keeper.kill()
    keeper.wait()
    until(lambda: not any(map(alive, everything)), 10)


def test_a_keeper_that_dies_while_it_hands_over_leaves_one_or_none(tmp_path: Path) -> None:
    """Killed a moment later each time: the workload was started once, or was not."""
    program = KEEPER.format(root=str(Path(__file__).parents[2])).replace(
        "print(one.shim.pid, flush=True)",
        "print(one.shim.pid, flush=True); sys.stdin.readline()\n"
        'place.start(place.workload(\'run-once\', [\'open("started", "a").write("x")\']))',
    )
    outcomes = set()
    for turn, delay in enumerate((0.0, 0.02, 0.1, None)):
        root = tmp_path / str(turn)
        root.mkdir()
        keeper = subprocess.Popen(
            [sys.executable, "-c", program, str(root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert keeper.stdin
        assert keeper.stdout
        waiting = int(keeper.stdout.readline())
        everything = [waiting, *(process.pid for process in below(waiting))]
        keeper.stdin.write("\n")
        keeper.stdin.flush()
        folder = root / "workloads" / "run-once"
        if delay is None:
            until((folder / shim.HANDLE).exists)
        else:
            time.sleep(delay)
        keeper.kill()
        keeper.wait()
        until(lambda pids=everything: not any(map(alive, pids)), 60)
        marks = list(root.rglob("started"))
        written = "".join(mark.read_text() for mark in marks)
        assert written in {"", "x"}
        assert (written == "x") == (processes.read_exit(folder) is not None)
        outcomes.add(written)
    assert "x" in outcomes


def test_two_for_the_same_folder_start_once(place: Place) -> None:
    """The folder is the first one's; who comes second finds it taken, and its process is gone unused."""
    one = one_of(place)
    workload = place.workload("run-taken", ["1"])
    folder = place.folder(workload.id)
    processes.note(folder, workload)
    shim.write(
        folder / shim.HANDLE,
        {"id": workload.id, "pid": 1, "started": "then", "boot": "then", "time": shim.now()},
    )
    record = one.hand_over([str(folder), "--", "true"], {}, folder)
    assert record is not None
    assert record.pid == 1
    until(lambda: not alive(one.shim.pid))
    assert not (folder / shim.EXIT).exists()


def test_status_says_what_waits(place: Place, tmp_path: Path) -> None:
    one_of(place)
    folder = place.pool.report.file.parent if place.pool.report.file else tmp_path
    until(lambda: [kept.ready for kept in report.read(folder)] == [1])
    (kept,) = report.read(folder)
    assert (kept.kind, kept.wanted, kept.pid) == (Kind.run, 1, os.getpid())
    assert 20 < kept.mib < 400


def test_memory_caps_what_waits() -> None:
    total = psutil.virtual_memory().total
    assert room.number(3, 1) == 3
    assert room.number(0, 1) == 0
    assert room.number(None, 2) == (2 if total >= room.SMALL and psutil.cpu_count() != 1 else 0)
    assert not room.fits([total // 17])
    assert room.fits([total // 64]) == (psutil.virtual_memory().available >= total // 4)


def test_the_neutral_environment_names_nobody() -> None:
    from notebench_spawner.process import of_nobody

    env = of_nobody(
        Path("/images/x"), {**AMBIENT, "HTTPS_PROXY": "http://name:word@proxy", "SECRET": "s"}, "w0rd"
    )
    assert "SECRET" not in env
    assert "HTTPS_PROXY" not in env
    assert env["HOME"] == "/nonexistent/w0rd"
    assert list(env)[-1] == "NOTEBENCH_WORKLOAD"
