"""What people's processes are, and what they cannot reach of each other's and of the launcher's."""

import os
import socket
import stat
import time
from contextlib import suppress
from pathlib import Path

import pytest
from notebench.contract.errors import Refused, Unavailable
from notebench_spawner import processes, shim
from notebench_spawner.workload import Kind

from tests.launcher.world import World, as_account, until

SAY = "import os; print(os.getuid(), os.getgid(), os.getgroups(), os.environ['HOME'], os.getcwd())"
STATUS = "print(open('/proc/self/status').read())"
STAY = "import time; print('on', flush=True); time.sleep(600)"
SERVE = """
import os, socket, stat, sys
from pathlib import Path
path = Path(os.environ["TEST_SOCKET"])
sock = socket.socket(socket.AF_UNIX)
sock.bind(str(path))
path.chmod(0o660 if path.parent.stat().st_mode & stat.S_ISGID else 0o600)
sock.listen()
kernel = socket.socket(socket.AF_UNIX)
kernel.bind(str(path.parent / "kernel-ipc-1"))
kernel.listen()
print("on", flush=True)
while True:
    connection, _ = sock.accept()
    connection.sendall(b"hello")
    connection.close()
"""


def test_a_workload_runs_as_its_owners_account(shared: World) -> None:
    said = shared.run("ada", SAY)
    account, home = shared.account("ada"), shared.hands.home("ada")
    assert said.strip() == f"{account.pw_uid} {account.pw_uid} [] {home} {home}"
    assert (Path(account.pw_shell).name, account.pw_dir) == ("nologin", str(home))
    found = home.stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o7777) == (account.pw_uid, account.pw_uid, 0o700)


def test_it_has_no_rights_left_over(shared: World) -> None:
    said = shared.run("ada", STATUS)
    for line in ("NoNewPrivs:\t1", "CapEff:\t0000000000000000", "CapPrm:\t0000000000000000"):
        assert line in said


def test_home_and_layer_are_made_as_the_account(shared: World) -> None:
    one = shared.layered("layla", "import sys; print(sys.prefix)")
    shared.hands.prepare_home(one)
    shared.hands.prepare_layer(one)
    home = shared.hands.home("layla")
    assert (home / "tour" / "first.ipynb").read_text() == "{}"
    mine = shared.account("layla").pw_uid
    assert {path.lstat().st_uid for path in [home, *home.rglob("*")]} == {mine}
    shared.launch(one)
    until(lambda: processes.read_exit(shared.workloads / one.id))
    assert shared.output(one).strip() == str(one.layer)


def test_people_do_not_reach_each_other(shared: World) -> None:
    """Files, environment of processes, memory, records, output, private directories, signals."""
    victim = shared.workload("bert", STAY, secret_env={"TOKEN": "s3cret"}, kind=Kind.session)
    runtime = shared.hands.make_runtime(victim)
    record = shared.launch(victim)
    until(lambda: "on" in shared.output(victim))
    [child] = shim.descendants(record.pid)
    assert b"s3cret" in Path(f"/proc/{child}/environ").read_bytes()
    home, folder = shared.hands.home("bert"), shared.workloads / victim.id
    temporary = shared.root / "tmp" / victim.id
    (home / "diary").write_text("mine")
    places = [
        *(home, home / "diary", folder, folder / "output.log", folder / "handle.json", folder / "lock"),
        *(folder / "notices.jsonl", runtime, temporary, shared.socket, shared.root / "accounts.json"),
        *(Path(f"/proc/{pid}/{name}") for pid in (child, record.pid) for name in ("environ", "mem", "fd")),
    ]
    attack = f"""
import os, signal, socket, pathlib
for name in {[str(place) for place in places]!r}:
    path = pathlib.Path(name)
    for way in (lambda: os.listdir(path), lambda: open(path, 'rb').read(1), lambda: open(path, 'ab')):
        try:
            way()
        except (PermissionError, NotADirectoryError, IsADirectoryError, OSError) as error:
            continue
        print('REACHED', name)
for pid in {[child, record.pid]!r}:
    try:
        os.kill(pid, signal.SIGKILL)
    except PermissionError:
        continue
    print('SIGNALLED', pid)
try:
    socket.socket(socket.AF_UNIX).connect({str(shared.socket)!r})
    print('CONNECTED')
except PermissionError:
    pass
print('tried')
"""
    assert shared.run("eve", attack).strip() == "tried"
    # The attack would see what is open: as the owner it reaches its own.
    assert "REACHED" in shared.run("bert", attack)
    shared.hands.ask_to_end(victim.id)


def test_a_workload_reaches_neither_its_shim_nor_its_records(shared: World) -> None:
    code = """
import os, signal
from pathlib import Path
folder = Path(os.environ['TEST_WORKLOADS']) / os.environ['NOTEBENCH_WORKLOAD']
for name in ('exit.json', 'handle.json', 'workload.json', 'output.log'):
    try:
        (folder / name).write_text('{}')
        print('WROTE', name)
    except OSError:
        pass
for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP):
    try:
        os.kill(os.getppid(), number)
        print('SIGNALLED')
    except PermissionError:
        pass
print(len(os.read(int(os.environ['NOTEBENCH_NOTICES_FD']), 10)))
try:
    os.write(int(os.environ['NOTEBENCH_NOTICES_FD']), b'x')
    print('WROTE notices')
except OSError:
    pass
"""
    env = {"TEST_CODE": code, "TEST_WORKLOADS": str(shared.workloads)}
    assert shared.run("mallory", code, env=env).strip() == "0"


def test_records_are_for_the_parts_and_hold_no_secret(shared: World) -> None:
    one = shared.workload("carl", "print('done')", secret_env={"TOKEN": "s3cret-of-carl"})
    shared.launch(one)
    folder = shared.workloads / one.id
    until(lambda: processes.read_exit(folder))

    def read() -> None:
        assert processes.read_note(folder).user == "carl"  # type: ignore[union-attr]
        assert processes.read_exit(folder).code == 0  # type: ignore[union-attr]
        assert (folder / "output.log").read_text() == "done\n"
        assert folder in list(shared.workloads.iterdir())
        for wrong in (folder / "lock", folder / "new"):
            with pytest.raises(PermissionError):
                wrong.open("a")

    assert shared.as_parts(read) == 0
    assert as_account(shared.account("carl").pw_uid, read) == 1
    everything = b"".join(file.read_bytes() for file in folder.iterdir())
    assert b"s3cret-of-carl" not in everything
    assert b"s3cret-of-carl" not in shared.log.encode()


def test_temporary_files_are_private_and_go_with_the_workload(shared: World) -> None:
    code = "import os, tempfile; name = tempfile.mkdtemp(); os.chmod(name, 0); print(name)"
    one = shared.workload("dora", code)
    record = shared.launch(one)
    until(lambda: not processes.alive(record))
    made = Path(shared.output(one).strip())
    assert made.parent == shared.root / "tmp" / one.id
    found = made.parent.stat()
    assert (found.st_uid, stat.S_IMODE(found.st_mode)) == (shared.account("dora").pw_uid, 0o700)
    shared.hands.forget(one.id)
    assert not made.parent.exists()
    assert not (shared.workloads / one.id).exists()


def test_a_model_servers_socket_is_for_its_owner_and_the_parts(shared: World) -> None:
    one = shared.workload("emil", SERVE, kind=Kind.model_server)
    where = shared.hands.runtime(one.id) / "model"
    one = one.model_copy(update={"socket": where, "env": {**one.env, "TEST_SOCKET": str(where)}})
    shared.hands.make_runtime(one)
    shared.launch(one)
    until(lambda: "on" in shared.output(one))

    def ask(path: Path) -> None:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(path))
            assert connection.recv(10) == b"hello"

    assert shared.as_parts(lambda: ask(where)) == 0
    assert as_account(shared.account("emil").pw_uid, lambda: ask(where)) == 0
    shared.hands.prepare_home(shared.workload("eve", ""))
    assert as_account(shared.account("eve").pw_uid, lambda: ask(where)) == 1
    # What a kernel opens there stays its owner's alone.
    assert shared.as_parts(lambda: ask(where.parent / "kernel-ipc-1")) == 1
    assert shared.as_parts(lambda: print(list(where.parent.iterdir()))) == 1
    shared.hands.ask_to_end(one.id)
    until(lambda: processes.read_exit(shared.workloads / one.id))
    shared.hands.remove_runtime(one.id)
    assert not where.parent.exists()


def test_who_listens_on_a_port_is_seen_through_the_launcher(shared: World) -> None:
    code = "import socket, time; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1])"
    mine, other = (shared.workload(user, f"{code}; time.sleep(600)") for user in ("fred", "gina"))
    for one in (mine, other):
        shared.launch(one)
        until(lambda one=one: shared.output(one).endswith("\n"))  # type: ignore[misc]
    port = int(shared.output(mine))
    assert shared.hands.listens(mine.id, port)
    assert not shared.hands.listens(other.id, port)
    assert not shared.hands.listens("run-unknown", port)
    for one in (mine, other):
        shared.hands.ask_to_end(one.id)


def test_leftovers_are_ended_but_not_of_others(shared: World) -> None:
    """Only processes of the owner's account: anybody may write another's mark into an environment."""
    left = """
import os, time
if os.fork() == 0:
    os.setsid()
    print('left', os.getpid(), flush=True)
    time.sleep(600)
time.sleep(600)
"""
    one = shared.workload("hans", left)
    record = shared.launch(one)
    until(lambda: "left" in shared.output(one))
    other = shared.workload(
        "ines",
        "import os, time; os.environ['NOTEBENCH_WORKLOAD'] = os.environ['OTHER']\n"
        "if 'AGAIN' not in os.environ: os.environ['AGAIN'] = '1'; os.execvp('sleep', ['sleep', '600'])",
    )
    other = other.model_copy(update={"env": {**other.env, "OTHER": one.id}})
    bystander = shared.launch(other)
    until(
        lambda: any(
            "sleep" in Path(f"/proc/{pid}/comm").read_text() for pid in shim.descendants(bystander.pid)
        )
    )
    os.kill(record.pid, 9)
    shared.hands.end_leftovers({one.id})
    assert [pid for pid in map(int, shared.output(one).split()[1:2]) if shim.start_mark(pid)] == []
    assert processes.alive(bystander)
    shared.hands.ask_to_end(other.id)


def test_an_id_belongs_to_who_used_it_first(shared: World) -> None:
    one = shared.workload("jana", "print('first')")
    shared.launch(one)
    until(lambda: processes.read_exit(shared.workloads / one.id))
    again = shared.workload("karl", "print('second')", id=one.id)
    with pytest.raises(Refused) as refusal:
        shared.launch(again)
    assert refusal.value.kind == "workload-foreign"
    assert shared.output(one) == "first\n"


def test_an_environment_may_be_large(shared: World) -> None:
    env = {"TEST_CODE": "import os; print(len(os.environ['SPEC']))", "SPEC": "x" * 120_000}
    assert shared.run("lena", "", env=env).strip() == "120000"


def test_what_runs_is_not_settled_and_what_is_settled_never_runs(shared: World) -> None:
    one = shared.workload("ada", STAY)
    shared.launch(one)
    assert not shared.hands.settle(one.id)
    assert processes.alive(processes.read_handle(shared.hands.workloads / one.id))
    processes.end(shared.hands.workloads / one.id, 1)
    assert shared.hands.settle(one.id)
    late = shared.workload("ada", STAY)
    assert shared.hands.settle(late.id)
    shared.launch(late)
    assert not processes.alive(processes.read_handle(shared.hands.workloads / late.id))


SPY = """
import os, signal, time
from pathlib import Path
mine, end, seen = os.getuid(), time.monotonic() + 6, 0
print('on', flush=True)
while time.monotonic() < end:
    for entry in os.scandir('/proc'):
        try:
            if not entry.name.isdecimal() or int(entry.name) == os.getpid():
                continue
            if f'Uid:\\t{mine}\\t' not in Path(entry.path, 'status').read_text():
                continue
            seen += 1
            if 'STOP' in os.environ:
                os.kill(int(entry.name), signal.SIGSTOP)
        except OSError:
            continue
        for name in ('environ', 'mem', 'maps', 'fd'):
            try:
                path = f'{entry.path}/{name}'
                if os.listdir(path) if name == 'fd' else open(path, 'rb').read(1):
                    print('REACHED', name, flush=True)
            except OSError:
                pass
print('seen', seen > 0, flush=True)
"""


@pytest.mark.parametrize("stop", [False, True])
def test_who_works_as_an_account_is_not_at_its_mercy(shared: World, stop: bool) -> None:
    """A process of the launcher that has become the account can be seen by it: not read, nor made to wait."""
    user = "stopper" if stop else "spy"
    one = shared.workload(user, SPY)
    if stop:
        one = one.model_copy(update={"env": {**one.env, "STOP": "1"}})
    shared.launch(one)
    until(lambda: "on" in shared.output(one))
    begin = time.monotonic()
    while processes.read_exit(shared.workloads / one.id) is None:
        asked = time.monotonic()
        with suppress(OSError, Unavailable):
            shared.hands.find_file(user, "nothing/there")
        assert time.monotonic() - asked < 10
    assert time.monotonic() - begin < 40
    assert shared.output(one).splitlines() == ["on", "seen True"]
