"""A real launcher for tests, with real accounts that are made and removed again. Needs root."""

import json
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import psutil
from notebench_spawner import limits, processes
from notebench_spawner.catalogue.layers import layer_path
from notebench_spawner.launcher import LauncherHands, trust
from notebench_spawner.launcher.accounts import Account, make_parts_account, remove_accounts
from notebench_spawner.process import process_spec
from notebench_spawner.workload import Hardware, ImageVersion, Kind, Workload

IMAGE = ImageVersion(image="minimal", version="1", identity="image-1", python="3.11")
IDS = 200
CODE = "TEST_CODE"
SOMEBODY = 2_000_000_017
"""An account of the machine that has nothing to do with Notebench."""
_MODULES = ("lab/session", "runner", "serving")
_RUN_CODE = f"import os\nexec(os.environ[{CODE!r}])\n"


def why_not() -> str:
    """Why no launcher can run here; empty where one can."""
    if os.geteuid() != 0:
        return "needs root, to become other accounts"
    if shutil.which("useradd", path="/usr/sbin:/sbin") is None:
        return "needs useradd, to make accounts"
    if found := trust.writable(Path(sys.executable)):
        return f"the interpreter can be changed by others than root: {found}"
    return ""


def until(wanted: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not wanted():
        assert time.monotonic() < end
        time.sleep(0.02)


def image(root: Path) -> Path:
    """A directory of environments with one image: this interpreter, with modules that run code of ours."""
    environment = root / IMAGE.identity
    packages = environment / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    for module in _MODULES:
        file = packages / "notebench" / f"{module}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_RUN_CODE)
    kernel = environment / "share" / "jupyter" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text('{"argv": ["python"]}')
    base = Path(sys.executable).resolve()
    (environment / "bin").mkdir()
    (environment / "bin" / "python").symlink_to(base)
    (environment / "pyvenv.cfg").write_text(f"home = {base.parent}\ninclude-system-site-packages = false\n")
    (environment / "manifest.json").write_text(json.dumps({"base_python": str(base), "foundation": "base-1"}))
    return root


@dataclass
class World:
    """An installation with a launcher."""

    root: Path
    first_id: int
    parts: Account
    process: subprocess.Popen[bytes] | None = None
    started: list[Workload] = field(default_factory=list)

    @property
    def workloads(self) -> Path:
        return self.root / "workloads"

    @property
    def socket(self) -> Path:
        return self.root / "rt" / "launcher.sock"

    @property
    def log(self) -> str:
        return (self.root / "launcher.log").read_text()

    @property
    def hands(self) -> LauncherHands:
        return LauncherHands(
            self.socket,
            self.root,
            self.root / "environments",
            workloads=self.workloads,
            sockets=self.root / "rt",
        )

    def command(self) -> list[str]:
        words = {
            "root": self.root,
            "environments": self.root / "environments",
            "workloads": self.workloads,
            "sockets": self.root / "rt",
            "tour": self.root / "tour",
            "socket": self.socket,
            "parts": self.parts.name,
            "first-id": self.first_id,
            "ids": IDS,
        }
        options = [part for word, value in words.items() for part in (f"--{word}", str(value))]
        return [sys.executable, "-I", "-m", "notebench_spawner.launcher", *options]

    def start(self) -> None:
        with (self.root / "launcher.log").open("ab") as log:
            before = log.tell()
            process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stderr=log)
        self.process = process
        until(lambda: " ready, " in self.log[before:] or process.poll() is not None)
        assert process.poll() is None, self.log

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(20)

    def child(self) -> int:
        """The serving process."""
        assert self.process is not None
        found: list[psutil.Process] = []
        until(lambda: found.extend(self._serving()) or found)
        return found[0].pid

    def keeper(self) -> int:
        """The process that keeps others ready."""
        found: list[psutil.Process] = []
        until(lambda: found.extend(one for one in self._own() if one.name() == "keeper") or found)
        return found[0].pid

    def _serving(self) -> list[psutil.Process]:
        return [one for one in self._own() if one.name() != "keeper"]

    def _own(self) -> list[psutil.Process]:
        assert self.process is not None
        mine = psutil.Process(self.process.pid)
        return [one for one in mine.children() if one.cmdline() == mine.cmdline()]

    def workload(self, user: str, code: str, kind: Kind = Kind.run, **more: object) -> Workload:
        """A workload of a user that runs Python code."""
        command = {
            Kind.session: "notebench.lab.session",
            Kind.run: "notebench.runner",
            Kind.model_server: "notebench.serving",
        }[kind]
        values: dict[str, object] = {
            "id": f"{kind.value}-{uuid4().hex[:12]}",
            "kind": kind,
            "user": user,
            "image": IMAGE,
            "hardware": Hardware(profile="small", cpu=1, memory_mib=512),
            "home": self.hands.home(user),
            "command": ["python", "-m", command],
            "env": {CODE: code, "PYTHONUNBUFFERED": "1"},
        }
        return Workload.model_validate(values | more)

    def layered(self, user: str, code: str, **more: object) -> Workload:
        layer = layer_path(self.hands.home(user), "personal", IMAGE)
        return self.workload(user, code, layer=layer, **more)

    def launch(self, one: Workload, grace: float = 0.5) -> processes.Record:
        self.started.append(one)
        return self.hands.launch(one, process_spec(one, self.root / "environments"), grace)

    def run(self, user: str, code: str, **more: object) -> str:
        """What code prints that runs to its end as a user."""
        one = self.workload(user, code, **more)
        self.launch(one)
        folder = self.workloads / one.id
        until(lambda: processes.read_exit(folder))
        return self.output(one)

    def output(self, one: Workload) -> str:
        file = self.workloads / one.id / "output.log"
        return file.read_text() if file.exists() else ""

    def account(self, user: str) -> pwd.struct_passwd:
        known = json.loads((self.root / "accounts.json").read_text())["people"][user]
        return pwd.getpwnam(known["account"])

    def as_parts(self, work: Callable[[], object]) -> int:
        """Run a function with the account of the parts; its exit code, 0 for success."""
        return as_account(self.parts.uid, work)

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.stop()
        processes.end_all(self.workloads, grace=0.5)
        limits.forget(self.workloads)
        remove_accounts(self.root)
        shutil.rmtree(self.root)


def as_account(uid: int, work: Callable[[], object]) -> int:
    """Run a function in a process of another account; its exit code, 0 for success."""
    child = os.fork()
    if not child:
        code = 1
        try:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            work()
            code = 0
        except BaseException as error:
            print(repr(error), file=sys.stderr, flush=True)
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@contextmanager
def world(*, start: bool = True) -> Iterator[World]:
    """An installation in a place that other accounts can go through; all of it is gone afterwards."""
    root = Path(tempfile.mkdtemp(prefix="nbl", dir="/tmp"))
    root.chmod(0o711)
    before = os.umask(0o022)
    try:
        image(root / "environments")
        (root / "tour").mkdir()
        (root / "tour" / "first.ipynb").write_text("{}")
    finally:
        os.umask(before)
    first_id = 800_000 + secrets.randbelow(5_000_000) * IDS
    made = World(root, first_id, make_parts_account(root, first_id, IDS))
    try:
        if start:
            made.start()
        yield made
    finally:
        made.close()
