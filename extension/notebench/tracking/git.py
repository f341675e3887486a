"""The commit that is checked out in a folder, found quickly or not at all."""

import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_TIMEOUT = 2.0  # seconds that one question to git may take
_FRESH = 30  # seconds that an answer counts


@dataclass(frozen=True)
class Commit:
    """A commit and whether tracked files differ from it."""

    commit: str
    dirty: bool


def checked_out(folder: Path) -> Commit | None:
    """The commit in `folder`; None outside of a repository, without git, or where git takes too long."""
    return _ask(folder, int(time.monotonic() / _FRESH))


@lru_cache(maxsize=16)
def _ask(folder: Path, moment: int) -> Commit | None:
    del moment  # part of the key: answers are kept for a while
    git = shutil.which("git")
    if not git or not _in_repository(folder):
        return None
    try:
        commit = _run(git, folder, "rev-parse", "--verify", "HEAD")
        dirty = bool(_run(git, folder, "status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.SubprocessError):
        return None
    return Commit(commit, dirty)


def _in_repository(folder: Path) -> bool:
    return any((parent / ".git").exists() for parent in (folder, *folder.parents))


def _run(git: str, folder: Path, *words: str) -> str:
    command = [git, "-c", "core.fsmonitor=false", "-C", str(folder), *words]
    answer = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT,
        check=True,
        env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"},
    )
    return answer.stdout.strip()
