"""What a warm process can become, and what it does beforehand."""

from collections.abc import Callable
from typing import Protocol

from notebench.warm.handed import Handed


class Work(Protocol):
    """A workload whose imports are done."""

    command: tuple[str, ...]
    """How its command line goes on after the interpreter."""

    def run(self, handed: Handed) -> int:
        """Do it. Returns the exit code."""
        ...


def session() -> Work:
    """A session's Jupyter server."""
    from notebench.warm.session import Session

    return Session()


def run() -> Work:
    """A notebook run, with its kernel beside it."""
    from notebench.warm.run import Run

    return Run()


KINDS: dict[str, Callable[[], Work]] = {"session": session, "run": run}
