"""The shim with real processes: limits, signals, what is left behind, and who is first."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from notebench_spawner import processes, shim
from notebench_spawner.process import MARK, Limits, ProcessSpec

Start = Callable[..., subprocess.Popen[bytes]]


def spec(tmp_path: Path, code: str, **limits: float) -> ProcessSpec:
    given = {"cpu": 64, "memory_mib": 4096, "timeout_seconds": None} | limits
    return ProcessSpec(
        id="one",
        argv=[sys.executable, "-S", "-u", "-c", code],
        env={MARK: tmp_path.name, "PATH": "/usr/bin:/bin"},
        cwd=tmp_path,
        limits=Limits.model_validate(given),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    one = tmp_path / "workloads" / "one"
    one.mkdir(parents=True)
    yield one
    processes.end_all(one.parent, grace=0.5)
    processes.end_leftovers({tmp_path.name})


def start(one: ProcessSpec, folder: Path, grace: float = 0.5) -> subprocess.Popen[bytes]:
    return subprocess.Popen(processes.shim_argv(one, folder, grace), env=one.env, start_new_session=True)


def until(wanted: Callable[[], object], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not wanted():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_the_end_is_recorded(tmp_path: Path, folder: Path) -> None:
    assert start(spec(tmp_path, "print('hello'); raise SystemExit(5)"), folder).wait(10) == 5
    end = processes.read_exit(folder)
    assert end is not None
    assert (end.code, end.signal, end.sentence()) == (5, None, "It ended with exit code 5.")
    assert (folder / shim.OUTPUT).read_text() == "hello\n"
    assert {oct(p.stat().st_mode & 0o777) for p in folder.iterdir()} == {"0o600"}


def test_only_the_first_of_many_starts(tmp_path: Path, folder: Path) -> None:
    one = spec(tmp_path, f"open({str(tmp_path / 'starts')!r}, 'a').write('x'); import time; time.sleep(1)")
    shims = [start(one, folder) for _ in range(8)]
    for process in shims:
        process.wait(20)
    assert start(one, folder).wait(10) == 0
    assert (tmp_path / "starts").read_text() == "x"


def test_its_time_is_over(tmp_path: Path, folder: Path) -> None:
    start(spec(tmp_path, "import time; time.sleep(60)", timeout_seconds=1), folder).wait(15)
    end = processes.read_exit(folder)
    assert end is not None
    assert end.timed_out
    assert "time limit" in end.sentence()


def test_too_much_memory(tmp_path: Path, folder: Path) -> None:
    code = "import time; kept = []\nwhile True: kept.append(b'x' * 2**24); time.sleep(0.02)"
    start(spec(tmp_path, code, memory_mib=200), folder).wait(60)
    end = processes.read_exit(folder)
    assert end is not None
    assert (end.over_memory, end.signal) == (True, signal.SIGKILL)
    assert "more memory" in end.sentence(200)
    assert "200 MiB" in (folder / shim.OUTPUT).read_text()


def test_the_largest_process_goes_first(tmp_path: Path, folder: Path) -> None:
    big = "kept = bytearray(b'x') * (400 * 2**20); import time; time.sleep(60)"
    code = (
        f"import subprocess, sys; print('child', subprocess.run([sys.executable, '-c', {big!r}]).returncode)"
    )
    assert start(spec(tmp_path, code, memory_mib=200), folder).wait(60) == 0
    assert "child -9" in (folder / shim.OUTPUT).read_text()


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core")
def test_held_to_its_cores(tmp_path: Path, folder: Path) -> None:
    """By the kernel's share of time where it can be had, else bound to as many cores."""
    code = (
        "import os, time; os.fork(); until = time.time() + 2\n"
        "while time.time() < until: pass\nos.write(1, b'%f\\n' % time.process_time())"
    )
    start(spec(tmp_path, code, cpu=1), folder).wait(10)
    used = sum(float(line) for line in (folder / shim.OUTPUT).read_text().split())
    assert used < 2.6  # two busy processes for two seconds, and what may be saved up at the begin


def test_asked_to_end_it_ends_the_stubborn(tmp_path: Path, folder: Path) -> None:
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on'); time.sleep(60)"
    process = start(spec(tmp_path, code), folder)
    until(lambda: (folder / shim.OUTPUT).exists() and (folder / shim.OUTPUT).read_text())
    process.send_signal(signal.SIGINT)
    process.wait(10)
    end = processes.read_exit(folder)
    assert end is not None
    assert (end.stopped, end.signal) == (True, signal.SIGKILL)


def test_nothing_is_left_behind(tmp_path: Path, folder: Path) -> None:
    # A grandchild in a session of its own whose parent has gone, as kernels are.
    grand = "import time; time.sleep(60)"
    code = (
        f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {grand!r}], start_new_session=True)"
    )
    start(spec(tmp_path, code), folder).wait(15)
    assert list(processes.marked({tmp_path.name})) == []


def test_a_killed_shim_takes_its_process_with_it(tmp_path: Path, folder: Path) -> None:
    process = start(spec(tmp_path, "print('on'); import time; time.sleep(60)"), folder)
    until(lambda: (folder / shim.OUTPUT).exists() and (folder / shim.OUTPUT).read_text())
    record = processes.read_handle(folder)
    assert processes.alive(record)
    process.kill()
    process.wait()
    until(lambda: not list(processes.marked({tmp_path.name})))
    assert not processes.alive(record)
    assert processes.read_exit(folder) is None


def test_another_process_with_the_same_pid_is_not_it(folder: Path) -> None:
    shim.write(
        folder / shim.HANDLE,
        {"pid": os.getpid(), "started": "1", "boot": shim.boot_mark(), "id": "one", "time": shim.now()},
    )
    assert not processes.alive(processes.read_handle(folder))
    shim.write(
        folder / shim.HANDLE,
        {
            "pid": os.getpid(),
            "started": shim.start_mark(os.getpid()),
            "boot": "then",
            "id": "one",
            "time": shim.now(),
        },
    )
    assert not processes.alive(processes.read_handle(folder))


def test_a_program_that_is_not_there(tmp_path: Path, folder: Path) -> None:
    one = spec(tmp_path, "").model_copy(update={"argv": ["/nowhere/python"]})
    assert start(one, folder).wait(10) == 127
    assert "Cannot start /nowhere/python" in (folder / shim.OUTPUT).read_text()


def test_a_long_log_is_shortened(tmp_path: Path, folder: Path) -> None:
    log = folder / shim.OUTPUT
    log.write_bytes(b"x" * (shim.LOG_LIMIT + 1))
    shim.shorten(log)
    assert log.stat().st_size == 0
    assert log.with_suffix(".log.1").stat().st_size == shim.LOG_LIMIT + 1


def test_down_ends_all(tmp_path: Path, folder: Path) -> None:
    for name in ("one", "two", "three"):
        start(spec(tmp_path, "import time; time.sleep(60)"), folder.parent / name)
    until(lambda: len(processes.running(folder.parent)) == 3)
    assert sorted(processes.end_all(folder.parent, grace=1)) == ["one", "three", "two"]
    assert processes.running(folder.parent) == []
    assert json.loads((folder / shim.EXIT).read_text())["stopped"]


def test_down_does_not_wait_for_the_stubborn_and_still_knows_their_end(tmp_path: Path, folder: Path) -> None:
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on'); time.sleep(60)"
    start(spec(tmp_path, code).model_copy(update={"env": {MARK: "one"}}), folder, grace=600)
    until(lambda: (folder / shim.OUTPUT).exists() and (folder / shim.OUTPUT).read_text())
    begin = time.monotonic()
    processes.end_all(folder.parent, grace=0.5 - processes.KILL_SECONDS)
    assert time.monotonic() - begin < 5
    end = processes.read_exit(folder)
    assert end is not None
    assert end.stopped
