"""Workloads under real shims, for tests of limits: with the kernel's groups, and without them."""

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from notebench_spawner import cgroups, limits, processes, shim
from notebench_spawner.process import MARK

FIRST_ID, IDS = 1_000_000_000, 500_000_000
PYTHON = "/usr/bin/python3"
PACKAGE = Path(shim.__file__).parent


@dataclass
class One:
    """One workload that was started."""

    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def output(self) -> str:
        file = self.folder / shim.OUTPUT
        return file.read_text() if file.exists() else ""

    def notices(self) -> list[str]:
        file = self.folder / limits.NOTICES
        return [json.loads(line)["kind"] for line in file.read_text().splitlines()] if file.exists() else []

    def end(self) -> processes.Exit:
        """How it ended."""
        self.process.wait(60)
        found = processes.read_exit(self.folder)
        assert found is not None
        return found


@dataclass
class Bench:
    """Starts workloads below one folder; `measured`: as an account that the kernel gives no groups."""

    root: Path
    measured: bool = False
    account: int = field(default_factory=lambda: FIRST_ID + secrets.randbelow(IDS))
    """Nobody else's: what another test leaves of the same account would count for ours."""
    started: list[One] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.root.mkdir(mode=0o755, exist_ok=True)
        if self.measured and os.geteuid() == 0:
            # Our own package may lie where other accounts cannot read it.
            copy = self.root / "code" / PACKAGE.name
            copy.mkdir(parents=True)
            for name in ("__init__.py", "shim.py", "identity.py", "limits.py", "cgroups.py", "enclosure.py"):
                shutil.copy(PACKAGE / name, copy / name)
            for path in (self.root, copy.parent, copy, *copy.iterdir()):  # whatever the umask is, and was
                path.chmod(0o755)
            self.workloads.mkdir()
            os.chown(self.workloads, self.account, self.account)

    @property
    def workloads(self) -> Path:
        return self.root / "workloads"

    def start(self, name: str, code: str, **limits_: float) -> One:
        """Run Python code under a shim with options: `memory_mib=…`, `cpu=…`, `processes=…`, `files=…`."""
        words = [
            word for key, value in limits_.items() for word in (f"--{key.replace('_', '-')}", str(value))
        ]
        folder = self.workloads / name
        python, script, before = sys.executable, PACKAGE / "shim.py", list[str]()
        if self.measured and os.geteuid() == 0:
            python, script = PYTHON, self.root / "code" / PACKAGE.name / "shim.py"
            number = self.account
            before = ["setpriv", f"--reuid={number}", f"--regid={number}", "--clear-groups"]
        process = subprocess.Popen(
            [
                *(*before, python, "-I", "-S", str(script), str(folder), "--grace", "0.5", *words),
                *("--", python, "-I", "-S", "-u", "-c", code),
            ],
            env={MARK: name, "PATH": "/usr/bin:/bin"},
            cwd="/",
            start_new_session=True,
        )
        one = One(folder, process)
        self.started.append(one)
        return one

    def groups(self) -> set[str]:
        """Workloads that have a control group now."""
        return cgroups.find(cgroups.installation(self.workloads)).leftovers()

    def close(self) -> None:
        for one in self.started:
            one.process.terminate()
        for one in self.started:
            one.process.wait(30)
        if self.measured and os.geteuid() == 0:
            until(lambda: not self._left())
        limits.forget(self.workloads)

    def _left(self) -> list[psutil.Process]:
        """What still runs as the account; it is killed."""
        found = [one for one in psutil.process_iter(["uids"]) if self._is_ours(one)]
        for one in found:
            with contextlib.suppress(psutil.Error):
                one.kill()
        return found

    def _is_ours(self, one: psutil.Process) -> bool:
        return one.info["uids"] is not None and one.info["uids"].real == self.account


def until(wanted: Callable[[], object], seconds: float = 20) -> float:
    """Wait for something; answers how long it took."""
    begin = time.monotonic()
    while not wanted():
        assert time.monotonic() < begin + seconds
        time.sleep(0.02)
    return time.monotonic() - begin
