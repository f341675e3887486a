"""One process that waits for a workload, as who keeps it sees it: a shim and the socket to it."""

import contextlib
import json
import os
import secrets
import select
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from notebench_spawner import limits, processes, shim
from notebench_spawner.process import MARK, of_nobody
from notebench_spawner.warm import handing
from notebench_spawner.workload import Kind

MODULE = "notebench.warm"


class Waiting:
    """A shim with a process of an image below it. It ends when this object's process does."""

    def __init__(
        self,
        environment: Path,
        kind: Kind,
        ambient: Mapping[str, str],
        apart: int | None = None,
    ) -> None:
        """Start it. `apart` is the number of an account that is nobody's, for the time until it is one's."""
        self.identity = environment.name
        self.kind = kind
        self.born = time.monotonic()
        self.ready = False
        self.bytes = 0
        self.door, theirs = socket.socketpair()
        # A run's kernel is a fork of it, and kernels see the directory that they stand in.
        safe = ["-P"] if kind is Kind.session else []
        env = of_nobody(environment, ambient, f"nobody-{secrets.token_hex(16)}")
        self.errors = os.fdopen(os.memfd_create("errors"), "rb")
        with theirs, os.fdopen(os.memfd_create("environment"), "w") as words:
            json.dump(env, words)
            words.flush()
            passed = (theirs.fileno(), words.fileno())
            account = ["--uid", str(apart), "--gid", str(apart)] if apart else []
            argv = [
                *(sys.executable, "-I", "-S", str(Path(shim.__file__).absolute())),
                *("--warm", str(passed[0]), *account, "--environment", str(passed[1]), "--"),
                *(str(environment / "bin" / "python"), *safe, "-m", MODULE, kind.value),
            ]
            # As at a cold start the shim itself, which may be root's, sees nothing of it but the mark.
            mine = {MARK: env[MARK]}
            self.shim = processes.open_shim(argv, mine, Path("/"), passed, self.errors.fileno())

    def look(self) -> bool:
        """Note whether it is ready by now. False where it has ended."""
        if not self.ready and self._says_something():
            try:
                self.ready = self.door.recv(16) == b"ready"
            except OSError:
                return False
            self.bytes = self.memory()
            return self.ready
        return self.shim.poll() is None

    def _says_something(self, seconds: float = 0) -> bool:
        return bool(select.select([self.door], [], [], seconds)[0])

    def memory(self) -> int:
        """Bytes it holds with its shim, shared pages counted in part."""
        return sum(map(limits.memory, [self.shim.pid, *shim.descendants(self.shim.pid)]))

    def hand_over(self, words: list[str], env: dict[str, str], folder: Path) -> processes.Record | None:
        """Let it be the workload that a shim with these words would start; its record. Blocks.

        None where nothing was started, and a cold start is due. Never both: what does not answer is ended
        before, and the folder then says whether it had begun.
        """
        if handing.hand_over(self.door, words, env):
            self.let_go()
        else:
            self.end()
        return processes.read_handle(folder)

    def let_go(self) -> None:
        """It is somebody's now, or ends by itself."""
        self.errors.close()
        self.door.close()
        processes.adopt(self.shim)

    def last_words(self) -> str:
        """The last line of what it said while it got ready."""
        self.errors.seek(0)
        lines = self.errors.read(1 << 16).decode(errors="replace").strip().splitlines()
        return lines[-1][:300] if lines else "–"

    def end(self) -> None:
        """End it, unless it has been handed over."""
        self.errors.close()
        self.door.close()  # its shim ends by this alone; what follows is for one that hangs
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.shim.wait(1)
            return
        self.shim.kill()
        self.shim.wait()
