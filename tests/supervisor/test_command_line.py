"""`notebench up` and its failures, with the real proxy alone: what was wrong, and what next."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import psutil
import pytest
from notebench_hub.supervisor import records
from notebench_hub.supervisor.claim import STATE_FORMAT
from notebench_hub.supervisor.identity import Identity
from notebench_spawner import processes
from notebench_spawner.process import MARK, Limits, ProcessSpec

from .conftest import CommandLine

PROXY_ONLY = ("up", "--part", "proxy")


def up(notebench: CommandLine, *more: str) -> subprocess.CompletedProcess[str]:
    return notebench(*PROXY_ONLY, "--detach", "--port", "0", *more)


def recorded(notebench: CommandLine, name: str) -> Identity:
    return records.read(notebench.place)[name]


def pid_of(notebench: CommandLine, name: str) -> int:
    return recorded(notebench, name).pid


def test_up_says_where_it_is_and_where_the_password_lies(notebench: CommandLine) -> None:
    done = up(notebench)
    assert done.returncode == 0, done.stderr
    instance = notebench.place.instance()
    assert instance.public_url in done.stdout
    assert str(notebench.place.root / "secrets" / "admin-password") in done.stdout
    assert "For one person, or people who trust each other" in done.stderr
    assert "[1/" in done.stderr  # a counter
    assert "waiting for proxy" in done.stderr


def test_status_has_exactly_the_promised_shape(notebench: CommandLine) -> None:
    up(notebench)
    done = notebench("status", "--json")
    assert done.returncode == 0
    answer = json.loads(done.stdout)
    assert list(answer) == ["parts", "warm"]
    assert answer["warm"] == []
    (part,) = answer["parts"]
    assert part == {
        "name": "proxy",
        "healthy": True,
        "reason": "",
        "address": notebench.place.instance().public_url,
        "version": part["version"],
        "pid": pid_of(notebench, "proxy"),
    }
    assert part["version"].startswith("5.")
    text = notebench("status")
    assert "healthy" in text.stdout
    assert "For one person, or people who trust each other" in text.stderr


def test_status_of_what_does_not_run(notebench: CommandLine) -> None:
    done = notebench("status", "--json")
    assert done.returncode == 4
    parts = json.loads(done.stdout)["parts"]
    assert [part["name"] for part in parts] == ["proxy", "hub", "mlflow", "service"]
    assert not any(part["healthy"] or part["pid"] for part in parts)
    assert all(part["reason"] for part in parts)


def test_a_second_up_prints_the_address(notebench: CommandLine) -> None:
    up(notebench)
    again = notebench("up", "--part", "proxy")
    assert again.returncode == 0
    assert notebench.place.instance().public_url in again.stdout
    assert "runs already" in again.stderr


def test_a_taken_port_says_by_whom(notebench: CommandLine) -> None:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        port = door.getsockname()[1]
        done = notebench(*PROXY_ONLY, "--detach", "--port", str(port))
    assert done.returncode == 4
    assert f"Port {port} is in use by" in done.stderr
    assert f"pid {os.getpid()}" in done.stderr
    assert "--port 0" in done.stderr
    assert "Traceback" not in done.stderr


def test_state_of_a_newer_version_is_refused(notebench: CommandLine) -> None:
    notebench.place.create()
    newer = {"version": "7.0.0", "state_format": STATE_FORMAT + 1}
    notebench.place.instance_file.write_text(json.dumps(newer))
    done = up(notebench)
    assert done.returncode == 3
    assert "written by Notebench 7.0.0" in done.stderr
    assert "--state-dir" in done.stderr


def test_settings_that_are_wrong_are_refused(notebench: CommandLine) -> None:
    notebench.place.create()
    notebench.place.settings_file.write_text("doors:\n  prot: 9000\n")
    done = up(notebench)
    assert done.returncode == 3
    assert "line 2" in done.stderr
    assert "doors.port" in done.stderr


@pytest.mark.parametrize("way", [(), ("--detach",)], ids=["foreground", "detached"])
def test_a_crashed_part_shows_its_last_lines(tmp_path: Path, way: tuple[str, ...]) -> None:
    node = tmp_path / "bin" / "node"
    node.parent.mkdir()
    node.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo v22.1.0 && exit\necho "boom: no memory" >&2\nexit 9\n'
    )
    node.chmod(0o755)
    notebench = CommandLine(tmp_path / "state", PATH=f"{node.parent}:{os.environ['PATH']}")
    done = notebench(*PROXY_ONLY, *way, "--port", "0")
    assert done.returncode != 0
    assert "  | boom: no memory" in done.stderr
    assert "The part proxy ended 3 times" in done.stderr
    assert "exit code 9" in done.stderr
    assert "notebench logs proxy" in done.stderr
    assert "boom: no memory" in notebench.must("logs", "proxy")
    assert "Traceback" not in done.stderr


def test_a_node_that_is_too_old_is_named(tmp_path: Path) -> None:
    node = tmp_path / "bin" / "node"
    node.parent.mkdir()
    node.write_text("#!/bin/sh\necho v12.22.0\n")
    node.chmod(0o755)
    from notebench.contract.errors import Unavailable
    from notebench_hub.supervisor import programs

    with pytest.raises(Unavailable, match=r"Node 12\.22\.0 is too old.*Node 20"):
        programs.newest_node([str(node)])


def test_ctrl_c_ends_every_child(tmp_path: Path) -> None:
    notebench = CommandLine(tmp_path / "state")
    child = subprocess.Popen(
        notebench.command(*PROXY_ONLY, "--port", "0"),
        env=notebench.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert child.stdout
    assert "http://127.0.0.1:" in child.stdout.readline()
    begin_workload(notebench)
    children = psutil.Process(child.pid).children(recursive=True)
    assert children
    os.killpg(child.pid, signal.SIGINT)
    _rest, said = child.communicate(timeout=30)
    assert child.returncode == 0
    assert "everything it started" in said
    assert not any(process.is_running() for process in children)
    assert processes.running(notebench.place.workloads) == []


def test_kill_9_of_the_supervisor_then_up(notebench: CommandLine) -> None:
    up(notebench)
    before = notebench.place.instance()
    proxy = recorded(notebench, "proxy")
    os.kill(pid_of(notebench, "supervisor"), signal.SIGKILL)
    time.sleep(0.3)
    assert proxy.alive()  # nobody ended it
    assert "`notebench up` recovers" in str(notebench.parts()["proxy"]["reason"])
    again = notebench(*PROXY_ONLY, "--detach")
    assert again.returncode == 0, again.stderr
    assert "Ended proxy, left over" in again.stderr
    assert notebench.place.instance() == before
    assert recorded(notebench, "proxy") != proxy
    assert not proxy.alive()


def test_kill_9_of_a_part(notebench: CommandLine) -> None:
    up(notebench)
    proxy = pid_of(notebench, "proxy")
    os.kill(proxy, signal.SIGKILL)
    limit = time.monotonic() + 10
    while not (notebench.parts()["proxy"]["healthy"] and pid_of(notebench, "proxy") != proxy):
        assert time.monotonic() < limit


def test_down_after_kill_9_ends_the_rest(notebench: CommandLine) -> None:
    up(notebench)
    proxy = recorded(notebench, "proxy")
    os.kill(pid_of(notebench, "supervisor"), signal.SIGKILL)
    notebench.must("down")
    assert not proxy.alive()
    assert "Nothing runs" in notebench("down").stderr


def test_down_works_without_the_control_socket(notebench: CommandLine) -> None:
    up(notebench)
    proxy = recorded(notebench, "proxy")
    (notebench.place.sockets / "supervisor.sock").unlink()
    notebench.must("down")
    assert not proxy.alive()


def begin_workload(notebench: CommandLine) -> Path:
    """A real recorded process, as sessions, notebook runs and model servers are."""
    notebench.place.create()
    folder = notebench.place.workloads / "w1"
    spec = ProcessSpec(
        id=folder.name,
        argv=["sleep", "300"],
        env={**os.environ, MARK: folder.name},
        cwd=notebench.place.root,
        limits=Limits(cpu=1, memory_mib=200),
    )
    asyncio.run(processes.launch(spec, folder))
    assert processes.running(notebench.place.workloads) == [folder]
    return folder


def test_down_asks_while_something_lives(notebench: CommandLine) -> None:
    up(notebench)
    begin_workload(notebench)
    asked = notebench("down")
    assert asked.returncode == 3
    assert "w1" in asked.stderr
    assert "--yes" in asked.stderr
    assert notebench.parts()["proxy"]["healthy"]
    notebench.must("down", "--yes")
    assert processes.running(notebench.place.workloads) == []


def test_workloads_outlive_the_supervisor_and_its_parts(notebench: CommandLine) -> None:
    up(notebench)
    folder = begin_workload(notebench)
    for name in ("supervisor", "proxy"):
        os.kill(pid_of(notebench, name), signal.SIGKILL)
    up(notebench)
    notebench.must("restart")
    assert processes.running(notebench.place.workloads) == [folder]


def test_down_without_a_supervisor_ends_workloads(notebench: CommandLine) -> None:
    begin_workload(notebench)
    notebench.must("down", "--yes")
    assert processes.running(notebench.place.workloads) == []


def test_restart_of_a_part(notebench: CommandLine) -> None:
    up(notebench)
    proxy = pid_of(notebench, "proxy")
    notebench.must("restart", "proxy")
    assert pid_of(notebench, "proxy") != proxy
    unknown = notebench("restart", "prosy")
    assert unknown.returncode == 3
    assert "The parts are: proxy" in unknown.stderr


def test_restart_of_what_does_not_run(notebench: CommandLine) -> None:
    done = notebench("restart", "hub")
    assert done.returncode == 4
    assert "notebench up" in done.stderr


def test_logs_follow(notebench: CommandLine) -> None:
    up(notebench)
    child = subprocess.Popen(
        notebench.command("logs", "proxy", "-f", "-n", "0"),
        env=notebench.env,
        stdout=subprocess.PIPE,
        text=True,
    )
    timer = threading.Timer(1.5, lambda: notebench("restart", "proxy"))
    timer.start()
    assert child.stdout
    assert "Terminated" in child.stdout.readline() + child.stdout.readline()
    child.terminate()
    child.communicate()
    timer.join()
    assert notebench("logs", "nothing").returncode == 3


def test_two_instances_run_side_by_side(tmp_path: Path) -> None:
    one, two = CommandLine(tmp_path / "one"), CommandLine(tmp_path / "two")
    try:
        assert up(one).returncode == up(two).returncode == 0
        assert one.place.instance().port != two.place.instance().port
        one.must("down")
        assert two.parts()["proxy"]["healthy"]
    finally:
        one("down", "--yes")
        two("down", "--yes")


def test_a_state_directory_with_a_long_name(tmp_path: Path) -> None:
    notebench = CommandLine(tmp_path / ("long" * 30))
    try:
        assert up(notebench).returncode == 0
        assert notebench.parts()["proxy"]["healthy"]
    finally:
        notebench("down", "--yes")


@pytest.mark.parametrize(
    ("language", "words"), [("de_DE.UTF-8", "Es läuft nicht."), ("es_ES.UTF-8", "No está en marcha.")]
)
def test_people_read_it_in_their_language(tmp_path: Path, language: str, words: str) -> None:
    notebench = CommandLine(tmp_path / "state", LANG=language)
    assert words in notebench("status").stdout


def test_starting_needs_a_hub_for_projects(notebench: CommandLine) -> None:
    done = notebench("project", "add", "churn")
    assert done.returncode == 4
    assert "notebench up" in done.stderr
    wrong = notebench("project", "add", "Churn!")
    assert wrong.returncode == 3
    role = notebench("project", "add", "churn", "--member", "anna:boss")
    assert role.returncode == 3
    assert "viewer, editor, owner" in role.stderr
