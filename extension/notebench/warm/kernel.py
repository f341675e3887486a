"""A kernel up to the moment when it needs to know whose it is, beside the runner that will hand it over."""

import gc
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from importlib import import_module

from notebench.runner import plain_kernel
from notebench.warm.handed import receive
from notebench.warm.reads import Reads
from notebench.warm.takeover import take_over
from notebench.warm.traces import Traces

COMMAND = (plain_kernel.__file__,)

_LATER = (
    "IPython.core.completerlib",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "ipykernel.ipkernel",
    "ipykernel.zmqshell",
)
"""What a kernel imports when it begins."""


def wait(door: socket.socket) -> int:
    """In a process of its own: import, wait, be the kernel. Returns its exit code."""
    os.setsid()
    _let_go(door)
    own = door.fileno()
    os.closerange(3, own)
    os.closerange(own + 1, 256)
    gc.disable()
    os.environ["JPY_PARENT_PID"] = str(os.getppid())  # read when its module is loaded
    with Reads() as reads:
        app = plain_kernel.prepare()
        for name in _LATER:
            with suppress(ImportError):  # other releases have other parts, and import them when they are due
                import_module(name)
    traces = Traces.of_this_process()
    gc.enable()
    gc.freeze()
    door.send(b"ready")
    handed = receive(door)
    if handed is None:
        return 0
    door.close()
    take_over(handed, COMMAND, reads, traces)
    sys.argv[:] = handed.argv[1:]
    app.launch_new_instance()
    return 0


def _let_go(door: socket.socket) -> None:
    """The runner's sockets are closed here: their objects must not close what has their numbers later."""
    for one in gc.get_objects():
        if type(one) is socket.socket and one is not door:
            one.detach()


class Process:
    """A kernel's process that was there already, as far as `subprocess.Popen` is needed for one."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, args: list[str]) -> None:
        self.pid = pid
        self.args = args
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """How it ended (negative: by that signal), None while it runs."""
        return self._look(os.WNOHANG)

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait until it has ended."""
        if timeout is None:
            return self._look(0)
        raise subprocess.TimeoutExpired(self.args, timeout)

    def _look(self, how: int) -> int | None:
        if self.returncode is None:
            try:
                pid, status = os.waitpid(self.pid, how)
            except ChildProcessError:
                self.returncode = 0
            else:
                self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """A signal, while it runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)
