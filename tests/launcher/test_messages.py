"""Hostile and broken messages: refused with a sentence, never obeyed, and nobody else waits for them."""

import json
import os
import socket
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from notebench.contract.errors import Refused, Unavailable
from notebench_spawner import processes
from notebench_spawner.catalogue.layers import layer_path
from notebench_spawner.launcher import LauncherHands, wire
from notebench_spawner.launcher.verbs import VERBS
from notebench_spawner.process import process_spec
from notebench_spawner.workload import Kind, Workload

from tests.launcher.world import IMAGE, World, until

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


def ask(shared: World, raw: bytes, seconds: float = 20) -> dict[str, Any] | None:
    """Send bytes, say that this was all, and give the answer; None where the connection was just closed."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(shared.socket))
        try:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            return wire.receive(connection, seconds)[0]
        except (EOFError, ConnectionError):
            return None


def framed(message: object) -> bytes:
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return struct.pack("!I", len(body)) + body


def well(shared: World) -> None:
    """It still answers who asks properly."""
    assert shared.hands.listens("run-unknown", 1) is False


GARBAGE = {
    "nothing": b"",
    "half a head": b"\0\0",
    "half a body": struct.pack("!I", 100) + b"{",
    "no JSON": framed(b"{'verb': 1}"),
    "no text": framed(b"\xff\xfe\x00"),
    "a list": framed([1]),
    "deep": framed(b"[" * 100_000),
    "huge number": framed(b'{"verb": ' + b"9" * 100_000 + b"}"),
    "too large": struct.pack("!I", wire.LIMIT + 1) + b"x" * 1000,
    "four gibibytes": b"\xff" * 1000,
    "no verb": framed({"user": "ada"}),
    "unknown verb": framed({"verb": "run_as_root", "command": ["id"]}),
    "a method that is no verb": framed({"verb": "__init__"}),
    "a verb that is no word": framed({"verb": ["launch"]}),
}


@pytest.mark.parametrize("kind", GARBAGE)
def test_garbage_is_refused(shared: World, kind: str) -> None:
    answer = ask(shared, GARBAGE[kind])
    assert answer is None or answer["error"]["code"] == "launcher-request"
    well(shared)


@given(
    verb=st.sampled_from(sorted(VERBS)),
    words=st.dictionaries(
        st.sampled_from(
            ["user", "workload", "workloads", "path", "port", "kind", "env", "grace", "count", "images"]
        ),
        JSON,
        max_size=8,
    ),
)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_nonsense_words_are_refused(shared: World, verb: str, words: dict[str, object]) -> None:
    """Whatever stands in the fields, the answer is a refusal, an error of the file system, or harmless."""
    answer = ask(shared, framed({**words, "verb": verb}))
    assert answer is not None
    assert "done" in answer or "os" in answer or answer["error"]["code"] != "launcher-failed", answer


def changed(shared: World, change: Callable[[Workload], dict[str, object]]) -> dict[str, Any]:
    """A request to start something that is good but for one thing; what was answered."""
    good = shared.workload("ada", "print('ran')")
    words = good.model_dump(mode="json") | change(good)
    answer = ask(shared, framed({"verb": "launch", "workload": words, "env": good.env, "grace": 1}))
    assert answer is not None
    return answer


OTHERS: dict[str, Callable[[Workload], dict[str, object]]] = {
    "another's home": lambda w: {"home": str(w.home.parent / "bert")},
    "root's home": lambda w: {"home": "/root"},
    "a home with dots": lambda w: {"home": f"{w.home}/../bert"},
    "a shell": lambda w: {"command": ["/bin/sh", "-c", "id"]},
    "another module": lambda w: {"command": ["python", "-m", "os"]},
    "code": lambda w: {"command": ["python", "-c", "print(1)"]},
    "the command of another kind": lambda w: {"command": ["python", "-m", "notebench.serving"]},
    "no command": lambda w: {"command": []},
    "a NUL in the command": lambda w: {"command": [*w.command, "a\0b"]},
    "an image elsewhere": lambda w: {"image": {**w.image.model_dump(), "identity": "../../../tmp"}},
    "an absolute image": lambda w: {"image": {**w.image.model_dump(), "identity": "/tmp/evil"}},
    "a hidden image": lambda w: {"image": {**w.image.model_dump(), "identity": ".."}},
    "another's layer": lambda w: {"layer": str(w.home.parent / "bert" / "environments" / "personal" / "x")},
    "a layer that leads out": lambda w: {"acting_for": "../../../bert"},
    "a working directory elsewhere": lambda w: {"cwd": "/root"},
    "a working directory that leads out": lambda w: {"cwd": f"{w.home}/../bert"},
    "a socket elsewhere": lambda w: {"socket": "/run/systemd/notify"},
    "an id that is a path": lambda w: {"id": "../../etc"},
    "an id with a newline": lambda w: {"id": f"{w.id}\n"},
    "an empty id": lambda w: {"id": ""},
    "nobody": lambda w: {"user": ""},
    "a number for a user": lambda w: {"user": 0},
    "a surrogate in a name": lambda w: {"user": "\ud800"},
    "an unknown kind": lambda w: {"kind": "root"},
    "an unknown field": lambda w: {"uid": 0},
    "a secret that would be written down": lambda w: {"secret_env": {"A": "b"}},
}


@pytest.mark.parametrize("change", OTHERS)
def test_only_what_notebench_starts_is_started(shared: World, change: str) -> None:
    before = set(shared.workloads.iterdir())
    assert changed(shared, OTHERS[change])["error"]["code"] in {"launcher-field", "user-name"}
    assert set(shared.workloads.iterdir()) == before
    well(shared)


@pytest.mark.parametrize("env", [None, [], {"A": 1}, {"A=B": "c"}, {"": "x"}, {"A": "a\0b"}, {"A": "\ud800"}])
def test_a_wrong_environment_is_refused(shared: World, env: object) -> None:
    good = shared.workload("ada", "").model_dump(mode="json")
    answer = ask(shared, framed({"verb": "launch", "workload": good, "env": env, "grace": 1}))
    assert answer is not None
    assert answer["error"]["code"] == "launcher-field"


def test_the_environment_cannot_change_whose_files_are_home(shared: World) -> None:
    lie = {"HOME": "/root", "TMPDIR": "/tmp", "NOTEBENCH_WORKLOAD": "run-other", "LD_PRELOAD": ""}
    code = "import os; print(os.environ['HOME'], os.environ['TMPDIR'], os.environ['NOTEBENCH_WORKLOAD'])"
    one = shared.workload("carl", code)
    spec = process_spec(one, shared.root / "environments")
    shared.hands.launch(one, spec.model_copy(update={"env": {**spec.env, **lie}}), 1)
    until(lambda: processes.read_exit(shared.workloads / one.id))
    assert shared.output(one).split() == [str(one.home), str(shared.root / "tmp" / one.id), one.id]


def test_slow_and_silent_ones_keep_nobody_waiting(shared: World) -> None:
    silent = []
    try:
        for _ in range(30):
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(str(shared.socket))
            connection.sendall(b"\0\0\0\x10{")
            silent.append(connection)
        begin = time.monotonic()
        well(shared)
        assert time.monotonic() - begin < 5
        for connection in silent:
            connection.settimeout(30)
            assert connection.recv(1) == b""  # closed, after its time
    finally:
        for connection in silent:
            connection.close()


def test_many_at_once_are_all_answered(shared: World) -> None:
    found: list[bool] = []

    def one(number: int) -> None:
        shared.hands.make_folder(f"crowd-{number % 5}", f"a/{number}")
        found.append(True)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 100
    accounts = {shared.account(f"crowd-{number}").pw_uid for number in range(5)}
    assert len(accounts) == 5


def test_more_than_fit_into_the_queue_wait_in_line(shared: World) -> None:
    found: list[bool] = []
    work = lambda: found.append(shared.hands.listens("run-unknown", 1))  # noqa: E731
    threads = [threading.Thread(target=work) for _ in range(400)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [False] * 400


def test_who_goes_away_before_the_answer_harms_nobody(shared: World) -> None:
    for _ in range(20):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(shared.socket))
            connection.sendall(framed({"verb": "prepare_home", "user": "ada"}))
    well(shared)


def test_descriptors_that_come_uninvited_are_closed(shared: World) -> None:
    child = Path(f"/proc/{shared.child()}/fd")
    before = len(list(child.iterdir()))
    for _ in range(5):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(shared.socket))
            socket.send_fds(connection, [framed({"verb": "listens", "workload": "a", "port": 1})], [0] * 50)
            assert wire.receive(connection, 10)[0] == {"done": False}
    assert len(list(child.iterdir())) == before


def test_only_the_parts_and_root_are_heard(shared: World) -> None:
    shared.hands.prepare_home(shared.workload("eve", ""))
    stranger = shared.account("eve").pw_uid

    def whisper(uid: int, groups: list[int]) -> int:
        """Ask as an account, with groups that open the socket."""
        child = os.fork()
        if not child:
            code = 1
            try:
                os.setgroups(groups)
                os.setresuid(uid, uid, uid)
                code = 0 if shared.hands.listens("run-unknown", 1) is False else 1
            except Unavailable:
                code = 2
            finally:
                os._exit(code)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    assert whisper(shared.parts.uid, [shared.parts.gid]) == 0
    assert whisper(stranger, []) == 2
    assert whisper(stranger, [shared.parts.gid]) == 2
    assert "refused process" in shared.log
    assert shared.socket.stat().st_mode & 0o777 == 0o660
    assert (shared.socket.stat().st_uid, shared.socket.stat().st_gid) == (0, shared.parts.gid)


def test_an_absent_launcher_is_said_with_the_next_step(tmp_path: Path) -> None:
    hands = LauncherHands(tmp_path / "none.sock", tmp_path, tmp_path)
    with pytest.raises(Unavailable) as away:
        hands.ask_to_end("run-1")
    assert away.value.kind == "launcher-away"
    assert "notebench up" in away.value.text()


def test_errors_come_through_as_they_were(shared: World) -> None:
    with pytest.raises(Refused) as refusal:
        shared.hands.make_folder("x" * 1001, "a")
    assert refusal.value.kind == "user-name"
    unbuilt = IMAGE.model_copy(update={"identity": "image-2"})
    layer = layer_path(shared.hands.home("dora"), "personal", unbuilt)
    with pytest.raises(Unavailable) as missing:
        shared.hands.prepare_layer(shared.workload("dora", "", image=unbuilt, layer=layer))
    assert missing.value.kind == "environment-missing"


def test_the_launcher_has_no_network_port(shared: World) -> None:
    own = {
        f"socket:[{line.split()[9]}]"
        for table in ("tcp", "tcp6", "udp", "udp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
    }
    assert shared.process is not None
    for pid in (shared.process.pid, shared.child()):
        open_ = {str(one.readlink()) for one in Path(f"/proc/{pid}/fd").iterdir()}
        assert not own & open_


def test_kinds_are_started_by_their_own_commands() -> None:
    from notebench_hub.service.deployments import COMMAND as SERVE
    from notebench_hub.service.runs.launcher import COMMAND as RUN
    from notebench_spawner.launcher.checks import COMMANDS
    from notebench_spawner.sessions.jupyter import server_command

    assert COMMANDS[Kind.run] == tuple(RUN)
    assert COMMANDS[Kind.model_server] == tuple(SERVE)
    assert COMMANDS[Kind.session] == tuple(server_command([], root=False)[:3])


WISHES: dict[str, dict[str, object]] = {
    "too many": {"count": 1000},
    "less than none": {"count": -1},
    "no number": {"count": "1"},
    "an image elsewhere": {"images": ["../../tmp"]},
    "a hidden image": {"images": [".."]},
    "no list": {"images": "image-1"},
    "an unknown kind": {"kind": "root"},
    "a word that a program would load by": {"env": {"PYTHONPATH": "/tmp"}},
}


@pytest.mark.parametrize("wish", WISHES)
def test_only_what_may_wait_is_kept_ready(shared: World, wish: str) -> None:
    good = {"kind": "run", "count": 1, "images": ["no-such-image"], "env": {"TZ": "UTC"}}
    assert ask(shared, framed({"verb": "keep_ready", **good})) == {"done": [0, 0]}
    refused = ask(shared, framed({"verb": "keep_ready", **good, **WISHES[wish]}))
    assert refused is not None
    assert refused["error"]["code"] == "launcher-field"
