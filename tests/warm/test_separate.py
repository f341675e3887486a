"""Warm starts through the launcher: what waits is nobody's and may nothing, then it is its owner's alone."""

import json
import os
import pwd
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import nbformat
import psutil
import pytest
from notebench_hub.hands import how_many
from notebench_hub.place import Place
from notebench_hub.settings import Settings
from notebench_spawner import processes, standby
from notebench_spawner.launcher import ids
from notebench_spawner.launcher.wishing import Wishing
from notebench_spawner.process import MARK, process_spec
from notebench_spawner.warm import report, room
from notebench_spawner.workload import Hardware, ImageVersion, Kind, Workload

from tests.hub.workbench import stand_in_environment
from tests.launcher.world import World, as_account, until, why_not, world

from .place import AMBIENT, IMAGE, below
from .test_apart import why_not as why_not_here
from .test_same_as_cold import FACTS, NATURALLY_OTHER

WORDS = {"LANG": AMBIENT["LANG"], "TZ": AMBIENT["TZ"]}
CAN_BECOME = "00000000000000c0"  # CAP_SETUID and CAP_SETGID, in a namespace without accounts
NO_RIGHTS = "0000000000000000"
RIGHTS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
REACH = """
import ctypes, json, os
def fails(work, *words):
    try:
        work(*words)
    except OSError as error:
        return True
    return False
status = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
libc = ctypes.CDLL(None, use_errno=True)
nobodys, another, secret, namespace = json.loads(os.environ["TEST_WORDS"])
files = [os.path.realpath(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")]
print(json.dumps({
    "ids": [os.getresuid(), os.getresgid(), os.getgroups()],
    "map": open("/proc/self/uid_map").read().split(),
    "rights": [status[one].strip() for one in ("CapInh", "CapPrm", "CapEff", "CapAmb")],
    "no new privileges": status["NoNewPrivs"].strip(),
    "kept out": [
        *(fails(os.setresuid, uid, uid, uid) for uid in (0, 65534, nobodys, another)),
        *(fails(os.setresgid, gid, gid, gid) for gid in (0, nobodys, another)),
        *(fails(work, path) for path in secret for work in (os.listdir, open)),
        fails(os.setgroups, [0]),
        fails(open, "/proc/self/uid_map", "w") or fails(os.write, os.open("/proc/self/uid_map", 1), b"0 0 1"),
        fails(os.chroot, "/"),
        libc.setns(os.open(namespace, 0), 0) != 0 if os.access(namespace, os.R_OK) else True,
    ],
    "files": [file for file in files if not file.startswith(("/proc/", "/dev/", os.environ["HOME"]))],
}))
"""

pytestmark = pytest.mark.skipif(bool(why_not() or why_not_here()), reason=why_not() or why_not_here())


class Town:
    """An installation with a launcher that keeps processes of a real image ready."""

    def __init__(self, made: World) -> None:
        self.world = made
        target = made.root / "environments" / IMAGE
        stand_in_environment(target)
        target.chmod(0o755)

    def keep(self, kind: Kind = Kind.run, count: int = 1, images: tuple[str, ...] = (IMAGE,)) -> None:
        self.world.hands.keep_ready(kind, count, list(images), WORDS)

    def ready(self, kind: Kind = Kind.run) -> int:
        """How many of a kind wait, when they do."""
        until(lambda: self.world.hands.keep_ready(kind, 1, [IMAGE], WORDS)[0] == 1, 90)
        return self.waiting()[-1]

    def waiting(self) -> list[int]:
        """The shims that the keeper has, oldest first."""
        found = psutil.Process(self.world.keeper()).children()
        return [one.pid for one in found if is_nobodys(one)]

    def run(self, user: str, name: str, cell: str, **env: str) -> Workload:
        """A notebook run of one cell."""
        home = self.world.hands.home(user)
        workload = self._workload(user, name, Kind.run, "notebench.runner")
        self.world.hands.prepare_home(workload)
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
        nbformat.write(book, home / f"{name}.ipynb")
        uid = home.stat().st_uid
        os.chown(home / f"{name}.ipynb", uid, uid)
        spec = {
            "notebook": str(home / f"{name}.ipynb"),
            "output": str(home / f"{name}.out.ipynb"),
            "state": str(home / "state" / name),
        }
        words = {"NOTEBENCH_RUN_ID": name, "NOTEBENCH_RUN_SPEC": json.dumps(spec), **env}
        return workload.model_copy(update={"env": words})

    def session(self, user: str, name: str, hub: int, port: int) -> Workload:
        """A session's server, for a hub that only answers."""
        workload = self._workload(user, name, Kind.session, "notebench.lab.session")
        self.world.hands.prepare_home(workload)
        prefix = f"/user/{user}/"
        words = {
            "JUPYTERHUB_API_TOKEN": "s3cret",
            "JUPYTERHUB_API_URL": f"http://127.0.0.1:{hub}/hub/api",
            "JUPYTERHUB_BASE_URL": "/",
            "JUPYTERHUB_CLIENT_ID": f"jupyterhub-user-{user}",
            "JUPYTERHUB_OAUTH_CALLBACK_URL": f"{prefix}oauth_callback",
            "JUPYTERHUB_SERVICE_PREFIX": prefix,
            "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{port}{prefix}",
            "JUPYTERHUB_USER": user,
            "JUPYTERHUB_HOST": "",
        }
        return workload.model_copy(update={"env": words})

    def _workload(self, user: str, name: str, kind: Kind, module: str) -> Workload:
        figures = {"profile": "small", "cpu": 1, "memory_mib": 1024, "processes": 300, "files": 999}
        return Workload(
            id=name,
            kind=kind,
            user=user,
            image=ImageVersion(image="test", version="1", identity=IMAGE, python="3.11"),
            hardware=Hardware.model_validate(figures),
            home=self.world.hands.home(user),
            command=["python", "-m", module],
        )

    def start(self, workload: Workload) -> tuple[processes.Record, bool]:
        """Start it. Says, too, whether the process was there before."""
        spec = process_spec(workload, self.world.root / "environments", WORDS)
        record = self.world.hands.launch(workload, spec, 5)
        return record, "--warm" in psutil.Process(record.pid).cmdline()

    def printed(self, workload: Workload) -> str:
        folder = self.world.workloads / workload.id
        until(lambda: processes.read_exit(folder), 90)
        log = (folder / "output.log").read_text()
        assert [end.code for end in [processes.read_exit(folder)] if end] == [0], log
        cells = nbformat.read(workload.home / f"{workload.id}.out.ipynb", as_version=4).cells
        return "".join(o.get("text", "") for cell in cells for o in cell.outputs)


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with world() as made:
        yield Town(made)


def status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def is_nobodys(shim: psutil.Process) -> bool:
    """Whether it waits. One that ends while it is asked does not."""
    with suppress(psutil.NoSuchProcess):
        return shim.status() != psutil.STATUS_ZOMBIE and shim.environ().get(MARK) == standby.ROOM
    return False


def alive(pid: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def test_what_waits_is_nobodys_and_reaches_nothing(town: Town) -> None:
    shim = town.ready()
    root = town.world.root
    numbers = ids.of_nobody(town.world.first_id, 200)
    assert status(shim)["Uid"].split() == ["0"] * 4
    assert psutil.Process(shim).environ().keys() == {"NOTEBENCH_WORKLOAD"}
    people = below(shim)
    assert len(people) == 2  # a runner and a kernel
    for one in people:
        found = status(one.pid)
        (uid,) = set(found["Uid"].split())
        assert int(uid) in numbers
        assert set(found["Gid"].split()) == {uid}
        assert found["Groups"] == ""
        assert [found[name] for name in RIGHTS] == [CAN_BECOME] * 5
        assert found["NoNewPrivs"] == "1"
        assert Path(f"/proc/{one.pid}/uid_map").read_text() == ""
        assert Path(f"/proc/{one.pid}/ns/user").readlink() != Path("/proc/self/ns/user").readlink()
        environ = one.environ()
        assert environ["HOME"].startswith("/nonexistent/")
        assert environ["TZ"] == WORDS["TZ"]
        assert not [word for word in environ.values() if str(root / "homes") in word or "s3cret" in word]
        assert one.cwd() == "/"
        assert one.net_connections("inet") == []
        open_files = [str(fd.readlink()) for fd in Path(f"/proc/{one.pid}/fd").iterdir()]
        assert not [file for file in open_files if str(root) in file and "environments" not in file]
        with pytest.raises(KeyError):
            pwd.getpwuid(int(uid))
    hidden = [root / "accounts.json", root / "homes", root / "workloads", root / "rt"]
    for path in hidden:
        assert as_account(int(uid), partial(os.listdir if path.is_dir() else Path.read_bytes, path)) != 0, (
            path
        )
    keeper = root / "rt" / "keeper.sock"
    assert (keeper.stat().st_uid, keeper.stat().st_mode & 0o777) == (0, 0o600)


def test_a_run_is_its_owners_and_reaches_nobody_elses(town: Town) -> None:
    shim = town.ready()
    nobodys = below(shim)[0].uids().real
    victim = town.run("bert", "run-victim", "pass")
    (victim.home / "diary").write_text("mine")
    another = victim.home.stat().st_uid
    root = town.world.root
    secret = [str(victim.home), str(victim.home / "diary"), str(root / "accounts.json"), str(root / "tmp")]
    words = json.dumps([nobodys, another, secret, f"/proc/{os.getpid()}/ns/user"])
    one = town.run("ada", "run-reach", REACH, TEST_WORDS=words)
    record, warm = town.start(one)
    assert warm
    assert record.pid == shim
    found = json.loads(town.printed(one))
    mine = town.world.account("ada").pw_uid
    assert found["ids"] == [[mine] * 3, [mine] * 3, []]
    assert found["map"] == [str(mine), str(mine), "1"]
    assert found["rights"] == [NO_RIGHTS] * 4
    assert found["no new privileges"] == "1"
    assert found["kept out"] == [True] * len(found["kept out"])
    assert set(found["files"]) == {str(town.world.workloads / one.id / "output.log")}
    assert (one.home / "run-reach.out.ipynb").stat().st_uid == mine


def test_the_system_shows_its_owner_and_no_rights(town: Town) -> None:
    town.ready()
    one = town.run("ada", "run-shown", "import time; time.sleep(60)")
    record, warm = town.start(one)
    assert warm
    mine = str(town.world.account("ada").pw_uid)
    until(lambda: {status(process.pid)["Uid"].split()[1] for process in below(record.pid)} == {mine})
    for process in below(record.pid):
        found = status(process.pid)
        assert found["Uid"].split() == [mine] * 4
        assert found["Gid"].split() == [mine] * 4
        assert [found[name] for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")] == [NO_RIGHTS] * 4
        assert Path(f"/proc/{process.pid}").stat().st_uid == int(mine)
    assert record.pid not in town.waiting()  # used once
    town.world.hands.ask_to_end(one.id)
    until(lambda: not processes.alive(record))
    end = processes.read_exit(town.world.workloads / one.id)
    assert end is not None
    assert end.stopped


def test_nothing_that_a_cell_can_see_is_different(town: Town) -> None:
    shown = []
    for name, count in (("run-warm", 1), ("run-cold", 0)):
        if count:
            town.ready()
        else:
            town.keep(count=0)
            until(lambda: not town.waiting())
        one = town.run("ada", name, FACTS, NOTEBENCH_TOKEN="s3cret")
        assert town.start(one)[1] == bool(count)
        found = json.loads(town.printed(one).strip().replace(name, "THIS"))
        found["environ"] = {k: v for k, v in found["environ"].items() if k not in NATURALLY_OTHER}
        shown.append(found)
    assert shown[0] == shown[1]


class Hub(BaseHTTPRequestHandler):
    """What a single-user server asks when it starts."""

    def do_GET(self) -> None:
        body = b'{"version": "6.1"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


def test_a_session_is_its_owners(town: Town) -> None:
    town.ready(Kind.session)
    hub = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=hub.serve_forever, daemon=True).start()
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as free:
        port = free.server_port
    one = town.session("ada", "session-ada", hub.server_port, port)
    record, warm = town.start(one)
    try:
        assert warm
        log = town.world.workloads / one.id / "output.log"
        until(lambda: "is running at" in log.read_text(), 60)
        until(lambda: town.world.hands.listens(one.id, port))
        mine = str(town.world.account("ada").pw_uid)
        (server,) = below(record.pid)
        found = status(server.pid)
        assert found["Uid"].split() == found["Gid"].split() == [mine] * 4
        assert found["Groups"] == ""
        assert found["CapEff"] == NO_RIGHTS
        assert server.cwd() == str(one.home)
        assert "nobody-" not in log.read_text()
        assert {path.lstat().st_uid for path in one.home.rglob("*")} == {int(mine)}
    finally:
        hub.shutdown()
        town.world.hands.ask_to_end(one.id)
        until(lambda: not processes.alive(record))
        town.keep(Kind.session, 0)


def test_a_killed_keeper_costs_cold_starts_until_it_is_back(town: Town) -> None:
    town.ready()
    everything = [one.pid for shim in town.waiting() for one in (psutil.Process(shim), *below(shim))]
    keeper = town.world.keeper()
    os.kill(keeper, signal.SIGSTOP)  # it hangs, and whoever starts something does not wait for it long
    one = town.run("ada", "run-hung", "print('on')")
    assert not town.start(one)[1]
    os.kill(keeper, signal.SIGKILL)
    other = town.run("ada", "run-killed", "print('on')")
    assert not town.start(other)[1]
    assert town.printed(one) == town.printed(other) == "on\n"
    until(lambda: not any(map(alive, everything)), 10)
    until(lambda: town.world.keeper() != keeper)
    town.ready()
    last = town.run("ada", "run-again", "print('on')")
    assert town.start(last)[1]
    assert town.printed(last) == "on\n"


def test_one_that_dies_costs_a_cold_start(town: Town) -> None:
    one = town.run("ada", "run-anyway", "print('on')")
    for process in below(town.ready()):
        process.kill()
    town.start(one)
    assert town.printed(one) == "on\n"


def test_what_nobody_wishes_any_more_ends(town: Town) -> None:
    shim = town.ready()
    town.keep(images=())
    until(lambda: not alive(shim), 10)
    time.sleep(4)
    assert town.waiting() == []


def test_it_ends_with_the_launcher_and_is_wished_again(town: Town, tmp_path: Path) -> None:
    """As hub and service do it; what waits is written down for `status`."""
    file = tmp_path / "run.json"
    wishing = Wishing(
        town.world.hands,
        Kind.run,
        1,
        current=lambda: [IMAGE],
        report=report.Report(file, Kind.run, 1),
        ambient={**WORDS, "SECRET": "s3cret", "HTTPS_PROXY": "http://name:word@proxy"},
    )
    try:
        assert wishing.env == WORDS
        until(lambda: [kept.ready for kept in report.read(tmp_path)] == [1], 60)
        everything = [one.pid for shim in town.waiting() for one in (psutil.Process(shim), *below(shim))]
        assert len(everything) == 3
        keeper = town.world.keeper()
        assert town.world.stop() == 0
        assert not any(map(alive, [keeper, *everything]))
        assert not (town.world.root / "rt" / "keeper.sock").exists()
        town.world.start()
        until(lambda: len(town.waiting()) == 1, 60)
    finally:
        wishing.close()


def test_where_ssh_would_refuse_no_session_waits_unless_asked_for(tmp_path: Path) -> None:
    assert not room.ssh_refuses(tmp_path / "none")
    (tmp_path / "README").touch()
    assert not room.ssh_refuses(tmp_path)
    (tmp_path / "20-proxy.conf").touch()
    assert room.ssh_refuses(tmp_path)
    state = tmp_path / "state"
    state.mkdir()
    here, usual = Place(state), room.number(None, 2)
    settings = Settings()
    (state / "accounts.json").touch()
    unless = 0 if room.ssh_refuses() else usual
    assert how_many(here, settings, Kind.session) == unless
    assert how_many(here, settings, Kind.run) == room.number(None, 1)
    asked = settings.model_copy(update={"sessions": settings.sessions.model_copy(update={"warm": 3})})
    assert how_many(here, asked, Kind.session) == 3
