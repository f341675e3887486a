"""People's files as the service of a cluster knows them: by their paths in pods, never by a look at them."""

import errno
import os
from pathlib import Path
from typing import BinaryIO

from notebench_spawner.process import ProcessSpec
from notebench_spawner.processes import Record
from notebench_spawner.workload import Workload


class ClusterHands:
    """Homes are volumes that the service does not have: pods themselves make what they need there."""

    separate = True

    def __init__(self, home: Path, workloads: Path) -> None:
        """`home` is where a pod has its owner's files."""
        self._home = home
        self.workloads = workloads

    def home(self, user: str) -> Path:
        """The same in every pod: each has only its owner's."""
        return self._home

    def runtime(self, workload: str) -> Path:
        """Nowhere here: pods listen on ports."""
        raise _elsewhere(workload)

    def launch(self, workload: Workload, spec: ProcessSpec, grace: float) -> Record:
        """Processes are the cluster's."""
        raise _elsewhere(workload.id)

    def ask_to_end(self, workload: str) -> None:
        """Nothing of it runs here."""

    def end_leftovers(self, workloads: set[str]) -> None:
        """Nothing of them runs here."""

    def settle(self, workload: str) -> bool:
        """Nothing is reserved here: the cluster counts its devices itself."""
        return True

    def forget(self, workload: str) -> None:
        """Nothing of it is here."""

    def listens(self, workload: str, port: int) -> bool:
        """It cannot be known from here."""
        return True

    def prepare_home(self, workload: Workload) -> None:
        """Its pod does that."""

    def prepare_layer(self, workload: Workload) -> None:
        """Its pod does that."""

    def make_runtime(self, workload: Workload) -> Path:
        """Nowhere here: pods have their own."""
        raise _elsewhere(workload.id)

    def remove_runtime(self, workload: str) -> None:
        """It went with its pod."""

    def find_file(self, user: str, path: str) -> Path:
        """Where a pod will look for it; what is not there is refused there."""
        return self._home / path

    def open_file(self, user: str, path: str) -> BinaryIO:
        """Not from here."""
        raise _elsewhere(path)

    def make_folder(self, user: str, path: str) -> None:
        """Its pod does that."""

    def remove_tree(self, user: str, path: str) -> None:
        """Its pod does that."""


def _elsewhere(what: str) -> FileNotFoundError:
    return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), what)
