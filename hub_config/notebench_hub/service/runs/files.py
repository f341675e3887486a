"""Where a run's files may be: its notebook, its output and its reports, all inside its owner's home."""

import os
import re
import shutil
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from notebench.contract.errors import Refused
from notebench.contract.runs import RunReport
from pydantic import ValidationError

_REPORT_BYTES = 4 * 2**20
_CHUNK = 256 * 1024
_STATE = Path(".local/state/notebench/runs")


def output_path(home: Path, notebook: str, run: str, moment: datetime) -> Path:
    """Where the output notebook will be; its folder is made. Raises Refused when that would lead out."""
    stem = re.sub(r"[^\w. -]", "_", PurePosixPath(notebook).stem).strip(". ") or "notebook"
    folder = home / "runs" / stem
    # Before anything is made: a link must not have us make folders elsewhere.
    if not folder.resolve().is_relative_to(home.resolve()):
        raise Refused(
            "The folder {folder} leads out of your files.",
            "Remove the link, so that runs can write their output notebooks there.",
            code="output-path",
            folder=f"runs/{stem}",
        )
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{moment:%Y-%m-%dT%H-%M-%SZ}-{run[:8]}.ipynb"


def state_path(home: Path, run: str, attempt: int) -> Path:
    """Where the runner keeps its reports while the API is away."""
    return home / _STATE / f"{run}-{attempt}"


def last_report(home: Path, run: str, attempt: int) -> RunReport | None:
    """The newest report on disk, if there is a whole one. The file is the run's: nothing in it is trusted."""
    try:
        with open_inside(home, state_path(home, run, attempt) / "report.json") as opened:
            return RunReport.model_validate_json(opened.read(_REPORT_BYTES))
    except (OSError, ValidationError):
        return None


def forget_state(home: Path, run: str, attempt: int) -> None:
    """Remove the reports: they are in the store."""
    shutil.rmtree(state_path(home, run, attempt), ignore_errors=True)


def open_inside(home: Path, path: Path) -> BinaryIO:
    """Open a plain file of a home for reading. Raises OSError when it is none, or leads out of the home."""
    real = path.resolve(strict=True)
    if not real.is_relative_to(home.resolve()):
        raise PermissionError(f"{path} leads out of {home}")
    # A link put there since is not followed, and a pipe does not block.
    descriptor = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileNotFoundError(f"{path} is not a file")
    return os.fdopen(descriptor, "rb")


def chunks(opened: BinaryIO) -> Iterator[bytes]:
    """The content of an open file, which is closed afterwards."""
    with opened:
        while chunk := opened.read(_CHUNK):
            yield chunk
