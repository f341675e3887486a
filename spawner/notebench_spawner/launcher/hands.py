"""`LauncherHands`: the hands of parts without root's rights, which ask the launcher for everything."""

import os
import socket
import time
from pathlib import Path
from typing import Any, BinaryIO

from notebench.contract.errors import Unavailable

from notebench_spawner import processes
from notebench_spawner.hands import runtime_name
from notebench_spawner.launcher import wire
from notebench_spawner.names import folder_name
from notebench_spawner.process import ProcessSpec
from notebench_spawner.workload import Kind, Workload

_CONNECT_SECONDS = 10.0
_ON_THE_WAY_SECONDS = 10.0  # a launcher that has just been killed starts anew, and there may be a queue


class LauncherHands:
    """Asks the launcher, which works as each person's own account. Raises Unavailable while it is away."""

    separate = True

    def __init__(
        self,
        socket: Path,
        root: Path,
        environments: Path,
        *,
        workloads: Path | None = None,
        sockets: Path | None = None,
        tour: Path | None = None,
    ) -> None:
        """Like `OwnHands`; `socket` is where the launcher listens. It knows the tour by itself."""
        self.socket = socket
        self.homes = root / "homes"
        self.environments = environments
        self.workloads = workloads or root / "workloads"
        self.sockets = sockets or root / "run"
        self.tour = tour

    def home(self, user: str) -> Path:
        """Where the user's files are, or will be."""
        return self.homes / folder_name(user)

    def runtime(self, workload: str) -> Path:
        """Where a workload keeps its sockets."""
        return self.sockets / runtime_name(workload)

    def launch(self, workload: Workload, spec: ProcessSpec, grace: float) -> processes.Record:
        """Started as its owner's account, under a shim that is root's."""
        known = workload.without_secrets().model_dump(mode="json")
        found = self._ask("launch", workload=known, env=spec.env, grace=grace)
        return processes.Record.model_validate(found)

    def ask_to_end(self, workload: str) -> None:
        """A signal to its shim, which is root's."""
        self._ask("ask_to_end", workload=workload)

    def end_leftovers(self, workloads: set[str]) -> None:
        """Signals to processes of their owners that carry their mark."""
        self._ask("end_leftovers", workloads=sorted(workloads))

    def settle(self, workload: str) -> bool:
        """By its shim's lock, its control group and its mark."""
        return bool(self._ask("settle", workload=workload))

    def forget(self, workload: str) -> None:
        """Remove what is left of it here."""
        self._ask("forget", workload=workload)

    def listens(self, workload: str, port: int) -> bool:
        """By the open files of the processes below its shim, which only root can see."""
        return bool(self._ask("listens", workload=workload, port=port))

    def keep_ready(self, kind: Kind, count: int, images: list[str], env: dict[str, str]) -> tuple[int, int]:
        """Have so many processes kept ready for these images, the most wanted first; answers `held`.

        For a while only: what nobody asks for any more ends. `env` is of the words that workloads are told.
        """
        ready, mib = self._ask("keep_ready", kind=kind.value, count=count, images=images, env=env)
        return int(ready), int(mib)

    def prepare_home(self, workload: Workload) -> None:
        """Make the account and its home, and put the tour in as that account."""
        self._ask("prepare_home", user=workload.user)

    def prepare_layer(self, workload: Workload) -> None:
        """Make the layer as the account."""
        if workload.layer is not None:
            self._ask("prepare_layer", workload=workload.without_secrets().model_dump(mode="json"))

    def make_runtime(self, workload: Workload) -> Path:
        """Make it for the account; that of a model server lets us through to its socket."""
        self._ask("make_runtime", user=workload.user, workload=workload.id, kind=workload.kind.value)
        return self.runtime(workload.id)

    def remove_runtime(self, workload: str) -> None:
        """Remove it with all in it, and its temporary files."""
        self._ask("remove_runtime", workload=workload)

    def find_file(self, user: str, path: str) -> Path:
        """Looked up as the account."""
        return Path(str(self._ask("find_file", user=user, path=path)))

    def open_file(self, user: str, path: str) -> BinaryIO:
        """Opened as the account and handed over."""
        return os.fdopen(self._answer("open_file", {"user": user, "path": path}, 1)[1][0], "rb")

    def make_folder(self, user: str, path: str) -> None:
        """Made as the account, which is made too where there is none."""
        self._ask("make_folder", user=user, path=path)

    def remove_tree(self, user: str, path: str) -> None:
        """Removed as the account."""
        self._ask("remove_tree", user=user, path=path)

    def _ask(self, verb: str, **words: Any) -> Any:
        return self._answer(verb, words, 0)[0]

    def _answer(self, verb: str, words: dict[str, Any], descriptors: int) -> tuple[Any, list[int]]:
        """What was answered, with as many descriptors as asked for. Raises what the launcher raised."""
        seconds = wire.SECONDS[verb] + _ON_THE_WAY_SECONDS
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                _connect(connection, self.socket)
                wire.send(connection, {"verb": verb, **words})
                answer, found = wire.receive(connection, seconds, descriptors)
        except TimeoutError as error:
            raise Unavailable(
                "The launcher, which starts people's processes, has not answered within {seconds} seconds.",
                "Try again in a moment; its log says what it is doing.",
                code="launcher-slow",
                seconds=round(seconds),
            ) from error
        except (OSError, EOFError, wire.GarbledError) as error:
            raise _away(error) from error
        try:
            wire.raised(answer)
            if len(found) != descriptors:
                raise wire.GarbledError("other descriptors than asked for")
        except BaseException as error:
            for one in found:
                os.close(one)
            if isinstance(error, wire.GarbledError):
                raise _away(error) from error
            raise
        return answer.get("done"), found


def _connect(connection: socket.socket, path: Path) -> None:
    """Connect, and wait in line where too many do. Raises OSError."""
    connection.settimeout(_CONNECT_SECONDS)
    until = time.monotonic() + _CONNECT_SECONDS
    while True:
        try:
            connection.connect(str(path))
        except BlockingIOError:
            if time.monotonic() > until:
                raise TimeoutError from None
            time.sleep(0.02)
        else:
            return


def _away(error: Exception) -> Unavailable:
    return Unavailable(
        "The launcher, which starts people's processes, is away: {detail}.",
        "Try again in a moment. If that does not help, an administrator runs `notebench up`.",
        code="launcher-away",
        detail=getattr(error, "strerror", None) or str(error) or "it ended the connection",
    )
