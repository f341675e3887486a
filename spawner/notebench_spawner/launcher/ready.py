"""How the process of a request reaches the launcher's keeper: by a socket that only root can open.

The keeper never sees whose a process will be: it gives away the socket to it, and who got that hands over.
Whatever goes wrong with it, a start is only a cold one.
"""

import os
import select
import signal
import socket
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from notebench_spawner import processes
from notebench_spawner.launcher import wire
from notebench_spawner.warm import handing
from notebench_spawner.workload import Kind

SECONDS = 2.0
"""How long the keeper may take to answer."""

_END_SECONDS = 5.0


@dataclass(frozen=True)
class Wish:
    """What one of the parts would like to find ready."""

    kind: Kind
    count: int
    images: list[str]
    """Identities of those that may be started, the most wanted first."""
    env: dict[str, str]
    """Of the words in `PASSED_ON`."""


class Taken(NamedTuple):
    """A process that waits, and is ours to use."""

    door: socket.socket
    shim: int
    """A descriptor by which it is known beyond doubt."""

    def become(self, argv: list[str], env: dict[str, str], folder: Path) -> processes.Record | None:
        """Let it be what the shim of this command line would start; its record. None where nothing was."""
        try:
            if not handing.hand_over(self.door, handing.words_of(argv), env):
                self._end()
            return processes.read_handle(folder)
        finally:
            os.close(self.shim)

    def _end(self) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.shim, signal.SIGKILL)
        select.select([self.shim], [], [], _END_SECONDS)


def take(keeper: Path, kind: Kind, image: str) -> Taken | None:
    """A process that waits for a workload of this kind and image; None where there is none."""
    answer, found = _ask(keeper, {"verb": "take", "kind": kind.value, "image": image}, 2)
    if not answer.get("done") or len(found) != 2:
        for one in found:
            os.close(one)
        return None
    return Taken(socket.socket(fileno=found[0]), found[1])


def tell(keeper: Path, wish: Wish) -> list[int]:
    """Say what is wished, and hear what there is, see `Pool.held`: nothing where the keeper is away."""
    words = {"verb": "wish", **asdict(wish), "kind": wish.kind.value}
    return _ask(keeper, words, 0)[0].get("done") or [0, 0]


def _ask(keeper: Path, words: dict[str, Any], descriptors: int) -> tuple[dict[str, Any], list[int]]:
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(SECONDS)
            connection.connect(str(keeper))
            wire.send(connection, words)
            return wire.receive(connection, SECONDS, descriptors)
    except (OSError, EOFError, wire.GarbledError):
        return {}, []
