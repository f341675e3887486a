"""Things worth one plain line before people wonder."""

import sys
from pathlib import Path

from notebench_hub.i18n import _
from notebench_hub.separate.choice import closed_at


def interpreter_warning(program: Path = Path(sys.executable)) -> str:
    """A line about an interpreter that other accounts cannot execute; empty where they can."""
    folder = closed_at(program)
    if folder is None:
        return ""
    return _(
        "Note: other accounts cannot execute {program}, because {folder} is closed to them. That is fine "
        "while all sessions share your account.",
        program=program.resolve(),
        folder=folder,
    )
