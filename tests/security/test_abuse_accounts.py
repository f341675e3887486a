"""Abuses 4, 14 and 20 with real accounts: what a hostile process reaches of others, and of the parts."""

import json
import os
import pickle
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from notebench_hub.hands import hands_of
from notebench_hub.place import Place
from notebench_spawner import processes, shim
from notebench_spawner.hands import Hands
from notebench_spawner.process import process_spec
from notebench_spawner.workload import Hardware, Kind, Workload

from tests.installation import Installation
from tests.launcher.world import CODE, IMAGE, SOMEBODY, as_account, image, until, why_not

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())

PARTS = [word for name in ("proxy", "hub") for word in ("--part", name)]
"""The service and MLflow need an image; what they keep is put there."""

TOKEN = "nbt_session_of-ana-and-of-nobody-else"
LOAD = "import os, pickle; pickle.load(open(os.environ['TEST_MODEL'], 'rb'))"
STAY = """
import os, socket, time
if "TEST_SOCKET" in os.environ:
    path = os.environ["TEST_SOCKET"]
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(path)
    os.chmod(path, 0o660)
    sock.listen()
print("on", flush=True)
time.sleep(600)
"""

ATTACK = """
import json, os, socket
from pathlib import Path

me, found, told = os.getuid(), [], json.loads(os.environ["TEST_TARGETS"])

def attempt(what, do):
    try:
        got = do()
    except OSError:
        return
    if got:  # nothing is read of the kernel's own threads
        found.append(what)

for name in told["files"]:
    path = Path(name)
    attempt(f"list {name}", lambda: os.listdir(path))
    attempt(f"read {name}", lambda: path.read_bytes())
    attempt(f"write {name}", lambda: path.open("ab"))
    attempt(f"make in {name}", lambda: (path / "planted").write_text("x"))
    attempt(f"move {name}", lambda: path.rename(path.with_name("moved")))
for name in told["sockets"]:
    attempt(f"connect {name}", lambda: socket.socket(socket.AF_UNIX).connect(name) or "in")
commands = []
for pid in filter(str.isdecimal, os.listdir("/proc")):
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        commands.append(Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace"))
    except OSError:
        continue
    if f"Uid:\\t{me}\\t" in status:
        continue
    for name in ("environ", "mem", "maps", "syscall"):
        attempt(f"{name} of {pid}", lambda: open(f"/proc/{pid}/{name}", "rb").read(1))
    for name in ("fd", "map_files"):
        attempt(f"{name} of {pid}", lambda: os.listdir(f"/proc/{pid}/{name}"))
    for name in ("cwd", "root", "exe"):
        attempt(f"{name} of {pid}", lambda: os.readlink(f"/proc/{pid}/{name}"))
    attempt(f"signal to {pid}", lambda: os.kill(int(pid), 0) or "may")
said = {"found": found, "commands": commands, "environment": dict(os.environ)}
print(json.dumps(said), flush=True)
"""


class Malicious:
    """A model whose pickle runs code as soon as somebody loads it."""

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, (ATTACK,)


@dataclass
class Ana:
    """Somebody whose session and model server run, and what is theirs."""

    session: Workload
    server: Workload
    files: list[Path]
    sockets: list[Path]


@dataclass
class Site:
    """A running installation with separate accounts; its image only runs what a test gives it."""

    installation: Installation
    place: Place
    hands: Hands

    def workload(self, user: str, kind: Kind, code: str, **more: Any) -> Workload:
        module = {Kind.session: "notebench.lab.session", Kind.model_server: "notebench.serving"}[kind]
        one = Workload(
            id=f"{kind.value}-{os.urandom(6).hex()}",
            kind=kind,
            user=user,
            image=IMAGE,
            hardware=Hardware(profile="small", cpu=1, memory_mib=512),
            home=self.hands.home(user),
            command=["python", "-m", module],
            env={CODE: code, "PYTHONUNBUFFERED": "1"},
        )
        return one.model_copy(update=more | {"env": one.env | more.get("env", {})})

    def launch(self, one: Workload) -> processes.Record:
        return self.hands.launch(one, process_spec(one, self.place.environments), 0.5)

    def output(self, one: Workload) -> str:
        file = self.place.workloads / one.id / "output.log"
        return file.read_text() if file.exists() else ""

    def account(self, user: str) -> int:
        known = json.loads(self.place.registry.read_text())["people"][user]
        return pwd.getpwnam(known["account"]).pw_uid

    def load(self, user: str, ana: Ana) -> dict[str, Any]:
        """Let a model server of `user` load the malicious model; what it has found."""
        home = self.hands.home(user)
        self.hands.make_folder(user, "models")
        (home / "models" / "model.pkl").write_bytes(pickle.dumps(Malicious()))
        # Only what the parts have: its own socket and folders are a model server's to use.
        targets = {"files": list(map(str, ana.files)), "sockets": list(map(str, ana.sockets))}
        env = {"TEST_MODEL": str(home / "models" / "model.pkl"), "TEST_TARGETS": json.dumps(targets)}
        secret = {"NOTEBENCH_TOKEN": f"nbt_model-server_of-{user}"}
        one = self.workload(user, Kind.model_server, LOAD, env=env, secret_env=secret)
        self.hands.make_runtime(one)
        self.launch(one)
        until(lambda: processes.read_exit(self.place.workloads / one.id), 60)
        said: dict[str, Any] = json.loads(self.output(one).splitlines()[0])
        return said


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    folder = Path(tempfile.mkdtemp(prefix="nba-"))
    one = Installation(folder, accounts="separate")
    try:
        one.settle()
        one.command("up", "--detach", "--port", "0", *PARTS)
        place = Place(folder)
        before = os.umask(0o022)
        image(place.environments)
        os.umask(before)
        for file in (place.service / "notebench.db", place.mlflow / "mlflow.db"):
            file.write_text("what they keep")
            os.chown(file, place.owner(), place.owner())
        yield Site(one, place, hands_of(place))
    finally:
        one.purge()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def ana(site: Site) -> Ana:
    secret = {"NOTEBENCH_TOKEN": TOKEN}
    session = site.workload("ana", Kind.session, STAY, secret_env=secret)
    server = site.workload("ana", Kind.model_server, STAY, secret_env=secret)
    where = site.hands.runtime(server.id) / "model"
    server = server.model_copy(update={"socket": where, "env": server.env | {"TEST_SOCKET": str(where)}})
    for one in (session, server):
        site.hands.make_runtime(one)
        site.launch(one)
        until(lambda one=one: "on" in site.output(one))  # type: ignore[misc]
    home, place = site.hands.home("ana"), site.place
    (home / "diary").write_text("mine")
    parts = [place.hub, place.service, place.mlflow, place.logs, place.root / "secrets"]
    theirs = [
        *(home, home / "diary", site.hands.runtime(session.id), place.root / "tmp" / server.id),
        *(file for one in (session, server) for file in (place.workloads / one.id).iterdir()),
    ]
    deep = [file for folder in parts for file in folder.rglob("*") if file.is_file()]
    assert {"jupyterhub.sqlite", "notebench.db", "mlflow.db", "hub-cookie"} <= {file.name for file in deep}
    files = [
        *theirs,
        *parts,
        *deep,
        place.workloads,
        place.registry,
        place.settings_file,
        place.instance_file,
    ]
    return Ana(session, server, files, [where, place.launcher_socket, place.mlflow_socket])


def _secrets(site: Site) -> dict[str, str]:
    files = [file for file in (site.place.root / "secrets").iterdir() if file.is_file()]
    found = {file.name: file.read_text().strip() for file in files}
    assert {"proxy-token", "hub-cookie", "hub-service-key"} <= set(found)
    return {**found, "ana's token": TOKEN}


def test_abuse_14_a_malicious_model_reaches_nothing_of_others(site: Site, ana: Ana) -> None:
    """No home, no database, no folder of another model server, no memory or environment of a process."""
    assert site.load("eve", ana)["found"] == []
    # The same attack finds what is the attacker's own: it does look.
    found = site.load("ana", ana)["found"]
    assert {f"read {ana.files[1]}", f"connect {ana.sockets[0]}"} <= set(found)
    for path in (site.place.hub, site.place.service, site.place.mlflow, site.place.root / "secrets"):
        assert not [one for one in found if str(path) in one], "nor do the parts lie open to their own people"


def test_abuse_04_a_workload_holds_its_own_secret_and_no_other(site: Site, ana: Ana) -> None:
    said = site.load("eve", ana)
    assert said["environment"]["NOTEBENCH_TOKEN"] == "nbt_model-server_of-eve"
    seen = "\n".join([*said["environment"].values(), *said["commands"], site.output(ana.session)])
    assert "jupyterhub" in seen, "command lines of the parts are seen"
    for name, secret in _secrets(site).items():
        assert secret not in seen, name
    records = b"".join(file.read_bytes() for file in (site.place.workloads / ana.session.id).iterdir())
    assert TOKEN.encode() not in records
    # It is there, for its owner alone.
    record = processes.read_handle(site.place.workloads / ana.session.id)
    assert record
    [child] = shim.descendants(record.pid)
    assert TOKEN.encode() in Path(f"/proc/{child}/environ").read_bytes()


def test_abuse_20_another_account_reaches_nothing_of_the_files(site: Site, ana: Ana) -> None:
    def attack() -> None:
        os.environ["TEST_TARGETS"] = json.dumps(
            {"files": list(map(str, ana.files)), "sockets": list(map(str, ana.sockets))}
        )
        seen: dict[str, Any] = {}
        exec(ATTACK, seen)
        assert seen["found"] == [], seen["found"]

    assert as_account(SOMEBODY, attack) == 0


def test_abuse_20_nothing_listens_but_the_parts_and_only_on_loopback(site: Site, ana: Ana) -> None:
    instance = site.place.instance()
    known = {instance.port, instance.proxy_api_port, instance.hub_port}
    ours = {site.place.owner(), site.account("ana")}
    for process in psutil.process_iter(["uids"]):
        if process.info["uids"] is None or process.info["uids"].real not in ours:
            continue
        for connection in process.net_connections("inet"):
            if connection.status == psutil.CONN_LISTEN:
                assert connection.laddr.ip == "127.0.0.1"
                assert connection.laddr.port in known, process.cmdline()


def test_abuse_20_temporary_folders_are_private(site: Site, ana: Ana) -> None:
    ours = {site.place.owner(), site.account("ana")}
    shared = [Path(tempfile.gettempdir()), Path("/var/tmp"), Path("/dev/shm")]
    inside = [site.place.root / "tmp", site.place.launcher_sockets, site.place.homes]
    found = [one for folder in (*shared, *inside) for one in folder.iterdir()]
    owned = [one for one in found if one.lstat().st_uid in ours]
    assert {ana.server.id, ana.session.id} <= {one.name for one in owned}
    for one in owned:
        # A model server's sockets are the parts' to use, too; others do not even go through.
        allowed = 0o010 if one.parent == site.place.launcher_sockets else 0
        assert one.lstat().st_mode & 0o077 & ~allowed == 0, one
