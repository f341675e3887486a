"""Which cell failed and why, as people read it: no terminal colours, bounded in size."""

import re
from typing import Any

from notebench.contract.runs import CellFailure

_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-_]")
_SOURCE = 20_000  # characters
_MESSAGE = 4_000  # characters
_LINES = 400
_LINE = 2_000  # characters


def plain(text: str) -> str:
    """Text without terminal colours."""
    return _ANSI.sub("", text)


def cell_failure(index: int, source: str, error: str, message: str, traceback: list[str]) -> CellFailure:
    """The failure, cut where it would be endless: the end of a traceback says most."""
    lines = [line[:_LINE] for part in traceback for line in plain(part).split("\n")]
    return CellFailure(
        index=index,
        source=source[:_SOURCE],
        error=plain(error)[:200],
        message=plain(message)[:_MESSAGE],
        traceback=lines[-_LINES:],
    )


def failed_index(notebook: Any, source_index: int, marker: str) -> int:
    """Where the cell from `source_index` is, now that papermill has put its banners (tag `marker`) in."""
    seen = -1
    for index, cell in enumerate(notebook.cells):
        seen += marker not in cell.metadata.get("tags", [])
        if seen == source_index:
            return index
    return source_index
