"""Runs the programs of the steps and shows that something happens."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from notebench_hub.bootstrap.trouble import explain
from notebench_hub.bootstrap.words import _

_WIDTH = 78
_FRAME = 0.2


class Counter:
    """`[2/5] Installing packages (12 s)`: one line per step, live on a terminal."""

    def __init__(self, total: int) -> None:
        self.total, self.count, self.what = total, 0, ""
        self._live = sys.stderr.isatty()
        self._since = time.monotonic()

    def step(self, what: str) -> None:
        """The next step begins."""
        self.finish()
        self.count, self.what, self._since = self.count + 1, what, time.monotonic()
        sys.stderr.write(self._line() + ("" if self._live else "\n"))
        sys.stderr.flush()

    def tick(self, detail: str = "") -> None:
        """The step goes on; `detail` is what its program said last."""
        if self._live:
            seconds = _("{seconds} s", seconds=round(time.monotonic() - self._since))
            text = f"{self._line()} ({seconds}) {detail}"
            sys.stderr.write("\r\x1b[2K" + text[:_WIDTH])
            sys.stderr.flush()

    def finish(self) -> None:
        """The step has ended."""
        if self._live and self.what:
            self.tick()
            sys.stderr.write("\n")
        self.what = ""

    def _line(self) -> str:
        return f"[{self.count}/{self.total}] {self.what}"


def run(
    counter: Counter,
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """Run a program to its end and return what it said. Raises Trouble."""
    words = [str(word) for word in command]
    surroundings = {**os.environ, **(env or {})}
    surroundings.pop("PYTHONDONTWRITEBYTECODE", None)  # it would make every later start slow
    surroundings.pop("VIRTUAL_ENV", None)
    try:
        with tempfile.TemporaryFile("w+b") as output:
            child = subprocess.Popen(
                words, cwd=cwd, env=surroundings, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
            _wait(counter, child, output.fileno())
            output.seek(0)
            said = output.read().decode(errors="replace")
    except OSError as error:
        raise explain(counter.what, str(error)) from error
    if child.returncode:
        raise explain(counter.what, said)
    return said


def _wait(counter: Counter, child: "subprocess.Popen[bytes]", output: int) -> None:
    ended = threading.Event()

    def wait() -> None:
        child.wait()
        ended.set()

    threading.Thread(target=wait, daemon=True).start()
    try:
        while not ended.wait(_FRAME):
            counter.tick(_last_line(output))
    except KeyboardInterrupt:
        child.terminate()
        child.wait()
        raise


def _last_line(output: int) -> str:
    size = os.fstat(output).st_size
    said = os.pread(output, 400, max(0, size - 400)).decode(errors="replace")
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1] if lines else ""
