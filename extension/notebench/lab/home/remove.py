"""Deletes files and folders of a home for good; never the home itself, and never what a link leads to."""

import shutil
from pathlib import Path, PurePosixPath

from notebench.contract.errors import Refused
from notebench.contract.homes import Removed


def remove(home: Path, paths: list[str]) -> Removed:
    """Remove what can be removed, and say what could not. Raises Refused before anything is touched."""
    targets = [(path, _target(home, path)) for path in paths]
    removed, failed = [], []
    for path, target in targets:
        try:
            if target.is_dir() and not target.is_symlink():
                shutil.rmtree(target)
            else:
                target.unlink()
            removed.append(path)
        except FileNotFoundError:
            removed.append(path)
        except OSError:
            failed.append(path)
    return Removed(removed=removed, failed=failed)


def _target(home: Path, path: str) -> Path:
    """Where a path leads, the links above its last name resolved. Raises Refused for what leads out."""
    root, whole = home.resolve(), PurePosixPath(path)
    if "\0" in path or whole.is_absolute() or whole.name in {"", ".."}:
        raise _leads_out(path)
    found = (root / whole).parent.resolve() / whole.name
    if not found.is_relative_to(root) or found == root:
        raise _leads_out(path)
    return found


def _leads_out(path: str) -> Refused:
    return Refused(
        "{path} is not a file or folder of your home.",
        "Choose from the list.",
        code="home-path",
        field="paths",
        path=path[:200],
    )
