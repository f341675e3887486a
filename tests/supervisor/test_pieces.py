"""Identities, logs, ports and records, each by itself."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from notebench_hub.place import Place
from notebench_hub.supervisor import logfiles, ports, records
from notebench_hub.supervisor.identity import Identity


def test_a_reused_pid_is_another_process() -> None:
    me = Identity.of(os.getpid())
    assert me.alive()
    assert not me.model_copy(update={"started": "1"}).alive()
    assert not me.model_copy(update={"boot": "another"}).alive()
    assert me.model_copy(update={"started": "1"}).group() == []


def test_a_zombie_has_ended() -> None:
    child = subprocess.Popen([sys.executable, "-c", "pass"], start_new_session=True)
    identity = Identity.of(child.pid)
    time.sleep(0.5)
    assert not identity.alive()
    child.wait()


def test_ending_a_group_takes_children_of_a_dead_leader() -> None:
    code = "import subprocess, sys; print(subprocess.Popen(['sleep', '300']).pid, flush=True); input()"
    leader = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    assert leader.stdout
    child = int(leader.stdout.readline())
    identity = Identity.of(leader.pid)
    leader.kill()
    leader.wait()
    assert [member.pid for member in identity.group()] == [child]
    identity.end(2)
    assert identity.group() == []


def test_a_group_that_ignores_sigterm_is_killed() -> None:
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(300)"
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True)
    assert child.stdout
    child.stdout.readline()
    identity = Identity.of(child.pid)
    identity.end(0.3)
    assert child.wait() == -signal.SIGKILL


def test_a_record_that_a_crash_cut_short_is_left_out(place: Place) -> None:
    records.write(place, "whole", Identity.of(os.getpid()))
    (records.folder(place) / "half.json").write_text('{"pid": 1')
    assert set(records.read(place)) == {"whole"}
    records.forget(place, "whole")


def test_rotation_keeps_the_writer(tmp_path: Path) -> None:
    log = tmp_path / "part.log"
    with logfiles.open_for_part(log) as output:
        for number in range(6):
            output.write(b"x" * 40 + f"{number}\n".encode())
            logfiles.rotate(log, limit=50, keep=2)
    names = sorted(file.name for file in tmp_path.iterdir())
    assert names == ["part.log", "part.log.1", "part.log.2"]
    assert log.read_bytes() == b""
    assert (tmp_path / "part.log.1").read_text().splitlines()[-1].endswith("5")


def test_rotated_logs_stay_private(tmp_path: Path) -> None:
    log = tmp_path / "part.log"
    with logfiles.open_for_part(log) as output:
        output.write(b"a secret, perhaps\n")
    assert logfiles.rotate(log, limit=1)
    assert (tmp_path / "part.log.1").stat().st_mode & 0o777 == 0o600


def test_tail_takes_what_was_written_since(tmp_path: Path) -> None:
    log = tmp_path / "part.log"
    log.write_text("old\n")
    since = log.stat().st_size
    with log.open("a") as opened:
        opened.write("new 1\nnew 2\nnew 3\n")
    assert logfiles.tail(log, 2) == ["new 2", "new 3"]
    assert logfiles.tail(log, 9, since=since) == ["new 1", "new 2", "new 3"]
    assert logfiles.tail(tmp_path / "none.log", 5) == []


def test_following_sees_lines_as_they_come(tmp_path: Path) -> None:
    log = tmp_path / "part.log"
    log.write_text("old\n")
    lines = logfiles.follow_many({"part": log}, pause=0.02)

    def write() -> None:
        time.sleep(0.1)
        with log.open("a") as opened:
            opened.write("first\nsec")
            opened.flush()
            time.sleep(0.1)
            opened.write("ond\n")

    thread = threading.Thread(target=write)
    thread.start()
    assert [next(lines), next(lines)] == [("part", "first"), ("part", "second")]
    thread.join()


def test_a_taken_port_has_a_holder() -> None:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        port = door.getsockname()[1]
        assert not ports.is_free("127.0.0.1", port)
        assert f"pid {os.getpid()}" in ports.holder_words(port)
    assert ports.is_free("127.0.0.1", port)
    assert ports.holder_words(port) == ""


@pytest.mark.parametrize("number", range(3))
def test_free_ports_avoid_what_is_spoken_for(number: int) -> None:
    first = ports.free_port()
    assert ports.free_port(taken=frozenset({first})) != first
