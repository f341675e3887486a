"""Where workloads live: how a command begins there, and where a model server listens."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from notebench.contract.people import PERSONAL
from notebench_spawner.hands import Hands
from notebench_spawner.workload import Share

SOCKET = "model"
_PORT = 8080


@dataclass(frozen=True)
class Listening:
    """Where a model server listens: words of its command, and fields of its workload."""

    words: list[str]
    fields: dict[str, Any]


class ProjectVolumes(Protocol):
    """Volumes with the files of projects."""

    async def ready(self, project: str) -> None:
        """Make the project's, unless it is there. Raises Unavailable."""
        ...


class Ground(Protocol):
    """One of the two that are below."""

    sees_homes: bool
    """Whether the service sees people's files."""

    def command(self, words: tuple[str, ...]) -> list[str]:
        """The command of a notebook run or a model server."""
        ...

    def listening(self, workload: str) -> Listening:
        """Where a model server of this id listens."""
        ...

    async def shares(self, acting_for: str, *, writable: bool) -> tuple[Share, ...]:
        """The files of the project that a session or run acts for. Raises Unavailable."""
        ...


class OnMachine:
    """Processes of this machine, prepared by who starts them."""

    sees_homes = True

    def __init__(self, hands: Hands, only_port: int | None) -> None:
        """`only_port` is all that model servers reach of the network; None leaves it open."""
        self._hands, self._only_port = hands, only_port

    def command(self, words: tuple[str, ...]) -> list[str]:
        return list(words)

    def listening(self, workload: str) -> Listening:
        socket = self._hands.runtime(workload) / SOCKET
        return Listening(["--uds", str(socket)], {"socket": socket, "only_port": self._only_port})

    async def shares(self, acting_for: str, *, writable: bool) -> tuple[Share, ...]:
        return ()  # a project has no files of its own here


class OnCluster:
    """Pods: what they need in a home they make themselves, before they become what they are."""

    sees_homes = False

    def __init__(self, environment: str, volumes: ProjectVolumes | None) -> None:
        """`environment` is where images have their Python environment; projects may have no volumes."""
        self._python = str(Path(environment) / "bin" / "python")
        self._volumes = volumes

    def command(self, words: tuple[str, ...]) -> list[str]:
        python, *rest = words
        # By its path: the layer's interpreter, which the word alone means, may have to be made first.
        return [self._python, "-P", "-m", "notebench.pod", *rest] if python == "python" else [python, *rest]

    def listening(self, workload: str) -> Listening:
        # Of its own pod: the address is the pod's, and a NetworkPolicy says who reaches it.
        return Listening(["--host", "0.0.0.0", "--port", str(_PORT)], {"port": _PORT})  # noqa: S104

    async def shares(self, acting_for: str, *, writable: bool) -> tuple[Share, ...]:
        if self._volumes is None or acting_for == PERSONAL:
            return ()
        await self._volumes.ready(acting_for)
        return (Share(project=acting_for, writable=writable),)
