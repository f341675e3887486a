"""Which notebook this process runs, where it can be known, and what is in it."""

import os
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

_LARGEST = 64 << 20  # bytes; hashing more would hold up the notebook


def notebook_file() -> Path | None:
    """The notebook's file: in a notebook run as the runner says, in a session as JupyterLab named it."""
    named = os.environ.get("NOTEBENCH_NOTEBOOK") or os.environ.get("JPY_SESSION_NAME", "")
    if not named.endswith(".ipynb"):
        return None
    path = Path(named)
    return path if path.is_absolute() else Path(os.environ.get("HOME", ".")) / path


def notebook_name(file: Path) -> str:
    """Its path relative to the home, or its name where it is elsewhere."""
    home = os.environ.get("HOME", "")
    return file.relative_to(home).as_posix() if home and file.is_relative_to(home) else file.name


def notebook_hash(file: Path) -> str:
    """SHA-256 of the saved file, empty where it cannot be read."""
    try:
        state = file.stat()
        return _hash(file, state.st_mtime_ns, state.st_size) if state.st_size <= _LARGEST else ""
    except OSError:
        return ""


@lru_cache(maxsize=4)
def _hash(file: Path, changed: int, size: int) -> str:
    del changed, size  # part of the key: an unchanged file is read once
    return sha256(file.read_bytes()).hexdigest()
