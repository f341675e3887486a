"""Takes away what ended workloads leave: private directories soon, their folder when it is asked for."""

import os
import re
import time
from pathlib import Path

from notebench_spawner import processes
from notebench_spawner.hands import runtime_name
from notebench_spawner.launcher import folders, starting
from notebench_spawner.launcher.installation import Installation

_RUNTIME = re.compile(r"[0-9a-f]{12}")
_YOUNG_SECONDS = 900.0
"""A directory of an unknown workload may be for one that is just about to start."""


def forget(installation: Installation, workload: str) -> None:
    """Remove all that is left of a workload that has ended; nothing while it runs."""
    folder = installation.workloads / workload
    if not folder.is_dir():
        remove_private(installation, workload)
        return
    with starting.locked(folder, folder.stat().st_gid):
        if not processes.alive(processes.read_handle(folder)):
            remove_private(installation, workload)
            processes.forget(folder)


def remove_private(installation: Installation, workload: str) -> None:
    """Remove a workload's directories for sockets and for temporary files."""
    for folder in _private(installation, workload):
        folders.take(folder)


def tidy(installation: Installation) -> None:
    """Remove private directories of workloads that have ended: whoever started them may have been killed."""
    known = {folder.name for folder in installation.workloads.iterdir() if folder.is_dir()}
    for workload in known:
        if processes.read_exit(installation.workloads / workload):
            remove_private(installation, workload)
    kept = {folder for workload in known for folder in _private(installation, workload)}
    for place in (installation.temporary, installation.sockets):
        for folder in place.iterdir():
            ours = place == installation.temporary or _RUNTIME.fullmatch(folder.name)
            if ours and folder not in kept and folder.is_dir() and _age(folder) > _YOUNG_SECONDS:
                folders.take(folder)


def _private(installation: Installation, workload: str) -> tuple[Path, Path]:
    return installation.sockets / runtime_name(workload), installation.temporary / workload


def _age(folder: Path) -> float:
    return time.time() - os.lstat(folder).st_mtime
