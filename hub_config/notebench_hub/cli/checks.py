"""Things worth one plain line before people wonder."""

import stat
import sys
from pathlib import Path

from notebench_hub.i18n import _


def closed_folder(program: Path) -> Path | None:
    """The first folder on the way to a program that other accounts cannot pass; None where they can."""
    real = program.resolve()
    for folder in reversed(real.parents):
        if not folder.stat().st_mode & stat.S_IXOTH:
            return folder
    return None


def interpreter_warning(program: Path = Path(sys.executable)) -> str:
    """A line about an interpreter that other accounts cannot execute; empty where they can."""
    folder = closed_folder(program)
    if folder is None:
        return ""
    return _(
        "Note: other accounts cannot execute {program}, because {folder} is closed to them. That is fine "
        "while all sessions share your account.",
        program=program.resolve(),
        folder=folder,
    )
