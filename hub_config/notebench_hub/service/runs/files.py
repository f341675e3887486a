"""Where a run's files are in its owner's home: its output and its reports."""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import PurePosixPath
from typing import BinaryIO

from notebench.contract.errors import NotebenchError, Refused
from notebench.contract.runs import RunReport
from notebench_spawner.beneath import LeadsOutError
from notebench_spawner.hands import Hands
from pydantic import ValidationError

_REPORT_BYTES = 4 * 2**20
_CHUNK = 256 * 1024
_STATE = PurePosixPath(".local/state/notebench/runs")


def output_path(notebook: str, run: str, moment: datetime) -> str:
    """Where the output notebook will be, relative to the home."""
    stem = re.sub(r"[^\w. -]", "_", PurePosixPath(notebook).stem).strip(". ") or "notebook"
    return f"runs/{stem}/{moment:%Y-%m-%dT%H-%M-%SZ}-{run[:8]}.ipynb"


def make_folder(hands: Hands, user: str, output: str) -> None:
    """Make the folder of an output notebook. Blocks. Raises Refused when that would lead out, and OSError."""
    folder = str(PurePosixPath(output).parent)
    try:
        hands.make_folder(user, folder)
    except LeadsOutError:
        raise Refused(
            "The folder {folder} leads out of your files.",
            "Remove the link, so that runs can write their output notebooks there.",
            code="output-path",
            folder=folder,
        ) from None


def state_path(run: str, attempt: int) -> str:
    """Where the runner keeps its reports while the API is away, relative to the home."""
    return str(_STATE / f"{run}-{attempt}")


def last_report(hands: Hands, user: str, run: str, attempt: int) -> RunReport | None:
    """The newest report on disk, if there is a whole one. The file is the run's: nothing in it is trusted."""
    try:
        with hands.open_file(user, f"{state_path(run, attempt)}/report.json") as opened:
            return RunReport.model_validate_json(opened.read(_REPORT_BYTES))
    except (OSError, ValidationError):
        return None


def forget_state(hands: Hands, user: str, run: str, attempt: int) -> None:
    """Remove the reports: they are in the store. What cannot be removed stays."""
    with suppress(OSError, NotebenchError):
        hands.remove_tree(user, state_path(run, attempt))


def chunks(opened: BinaryIO) -> Iterator[bytes]:
    """The content of an open file, which is closed afterwards."""
    with opened:
        while chunk := opened.read(_CHUNK):
            yield chunk
