"""A notebook run whose imports are done, with a kernel beside it whose imports are done."""

import os
import socket
import sys
from importlib import import_module
from typing import Any

from notebench.warm import kernel
from notebench.warm.handed import Handed, hand

_PARTS = ("execution", "kernel", "notebook", "stopping", "tracked")


class Run:
    """`python -P -m notebench.runner`, with everything imported."""

    command: tuple[str, ...] = ("-P", "-m", "notebench.runner")

    def __init__(self) -> None:
        self.door, theirs = socket.socketpair()
        # Not started as a program: that would cost it the rights with which it becomes its owner's.
        self.kernel = os.fork()
        if not self.kernel:
            sys.exit(kernel.wait(theirs))  # as a program ends: what cells have registered for that is called
        theirs.close()
        self.runner = import_module("notebench.runner.__main__")
        for name in _PARTS:
            import_module(f"notebench.runner.{name}")
        _read_a_notebook()
        self.door.recv(16)  # it is ready, or has ended

    def run(self, handed: Handed) -> int:
        """Execute the run. Returns its exit code."""
        sys.argv[:] = [str(self.runner.__file__), *handed.argv[1 + len(self.command) :]]
        provisioner: Any = import_module("jupyter_client.provisioning.local_provisioner")
        cold = provisioner.launch_kernel

        def launch(cmd: list[str], **words: Any) -> Any:
            """The first kernel is there already; further ones are started as everybody does."""
            provisioner.launch_kernel = cold
            try:
                hand(self.door, self._for_kernel(handed, cmd, words))
            except OSError:  # it has ended
                return cold(cmd, **words)
            return kernel.Process(self.kernel, cmd)

        provisioner.launch_kernel = launch
        code = self.runner.main()
        return int(code)

    @staticmethod
    def _for_kernel(handed: Handed, cmd: list[str], words: dict[str, Any]) -> Handed:
        return Handed(
            argv=cmd,
            env={**words["env"], "JPY_PARENT_PID": str(os.getpid())},
            cwd=words["cwd"],
            account=handed.account,
            limits=handed.limits,
            shown=handed.shown,
            output=1,
        )


def _read_a_notebook() -> None:
    """The first one takes its time: what a notebook must look like is looked up and understood."""
    v4: Any = import_module("nbformat.v4")
    book = v4.writes(v4.new_notebook(cells=[v4.new_code_cell("1")]))
    import_module("nbformat").reads(book, as_version=4)
