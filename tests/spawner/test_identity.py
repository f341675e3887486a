"""A shim that root starts for somebody else: only the command becomes that account, for good."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from notebench_spawner import processes, shim

UID, READER = 70_991, 70_992

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become another account")


@pytest.fixture
def place() -> Iterator[Path]:
    """Where other accounts can go; pytest's own directory is closed to them."""
    made = Path(tempfile.mkdtemp(prefix="nbi", dir="/var/tmp"))
    made.chmod(0o711)
    (made / "home").mkdir(mode=0o700)
    os.chown(made / "home", UID, UID)
    yield made
    processes.end_all(made / "workloads", grace=0.5)
    shutil.rmtree(made)


def start(place: Path, *command: str, env: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    folder = place / "workloads" / "one"
    folder.mkdir(parents=True)
    with tempfile.TemporaryFile("w+") as words:
        json.dump({"PATH": "/usr/bin:/bin", **(env or {})}, words)
        words.flush()
        return subprocess.Popen(
            [
                *(sys.executable, "-I", "-S", shim.__file__, str(folder)),
                *("--grace", "0.5", "--cwd", str(place / "home")),
                *("--uid", str(UID), "--gid", str(UID), "--reader", str(READER)),
                *("--environment", str(words.fileno()), "--", *command),
            ],
            env={},
            pass_fds=[words.fileno()],
            start_new_session=True,
        )


def output(place: Path) -> str:
    log = place / "workloads" / "one" / shim.OUTPUT
    return log.read_text() if log.exists() else ""


def until(wanted: Callable[[], object], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not wanted():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_the_command_is_the_account_and_nothing_else(place: Path) -> None:
    lines = (
        "id; grep -E 'NoNewPrivs|CapEff|CapBnd|CapPrm' /proc/self/status; umask; touch mine; pwd; echo $WORD"
    )
    assert start(place, "/bin/sh", "-c", lines, env={"WORD": "handed over"}).wait(15) == 0
    said = output(place)
    assert f"uid={UID} gid={UID} groups={UID}" in said
    assert "NoNewPrivs:\t1" in said
    assert "CapEff:\t0000000000000000" in said
    assert "CapPrm:\t0000000000000000" in said
    assert "0077" in said
    assert "handed over" in said
    assert (place / "home" / "mine").stat().st_uid == UID


def test_its_records_are_out_of_its_reach_and_readable_by_the_group(place: Path) -> None:
    folder = place / "workloads" / "one"
    lines = f"echo x > {folder}/exit.json; cat {folder}/handle.json; kill -9 $PPID; kill -15 $PPID; exit 3"
    assert start(place, "/bin/sh", "-c", lines).wait(15) == 3
    assert "ermission denied" in output(place)
    assert "not permitted" in output(place)
    for name in (shim.HANDLE, shim.EXIT, shim.OUTPUT):
        found = (folder / name).stat()
        assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (0, READER, 0o640)


def test_what_the_environment_says_is_not_loaded_by_root(place: Path) -> None:
    """A library that the account wrote is named in its environment; the shim must not see the name."""
    process = start(place, "/bin/sh", "-c", "echo on; exec sleep 60", env={"LD_PRELOAD": "/home/mine.so"})
    until(lambda: "on" in output(place))
    [child] = shim.descendants(process.pid)
    assert b"mine.so" in Path(f"/proc/{child}/environ").read_bytes()
    assert b"mine.so" not in Path(f"/proc/{process.pid}/environ").read_bytes()


def test_it_does_not_outlive_its_shim(place: Path) -> None:
    process = start(place, "/bin/sh", "-c", "echo on; exec sleep 60")
    until(lambda: "on" in output(place))
    [child] = shim.descendants(process.pid)
    assert Path(f"/proc/{child}").stat().st_uid == UID
    process.send_signal(signal.SIGKILL)
    process.wait()
    until(lambda: not shim.start_mark(child))


@pytest.mark.parametrize("account", ["0", "-1"])
def test_it_never_becomes_root(place: Path, account: str) -> None:
    folder = place / "workloads" / "one"
    folder.mkdir(parents=True)
    words = ["--uid", account, "--gid", account, "--", "/usr/bin/id"]
    done = subprocess.run([sys.executable, "-I", "-S", shim.__file__, str(folder), *words], check=False)
    assert done.returncode == 127
    assert "never run as root" in output(place)
