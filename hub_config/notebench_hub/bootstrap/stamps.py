"""Remembers from which inputs each step was made, so that the second start does only what changed."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path


def fingerprint(root: Path, paths: Iterable[str], *words: str) -> str:
    """One word for the content of files and folders below `root` and some words more."""
    digest = hashlib.sha256()
    for word in words:
        digest.update(word.encode() + b"\0")
    for path in paths:
        for file in _files(root / path):
            digest.update(file.relative_to(root).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return [
            file for file in sorted(path.rglob("*")) if file.is_file() and "__pycache__" not in file.parts
        ]
    return [path] if path.exists() else []


STAMPS = "notebench.json"
"""Name of the file inside the environment; an environment without it is not ours."""


class Stamps:
    """What is done, in a file inside the environment: gone with it."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        try:
            found = json.loads(file.read_text()) if file else {}
        except (OSError, ValueError):
            found = {}
        self._done: dict[str, str] = found if isinstance(found, dict) else {}

    def get(self, step: str) -> str:
        """The inputs of a step that is done; empty where it is not."""
        return self._done.get(step, "")

    def drop(self, step: str) -> None:
        """The step is to be done again, if anything is."""
        self._done.pop(step, None)

    def put(self, step: str, inputs: str) -> None:
        """The step is done with these inputs; empty means it is to be done again."""
        self._done[step] = inputs
        if self._file is None:
            return
        temporary = self._file.with_suffix(".new")
        temporary.write_text(json.dumps(self._done, indent=1))
        temporary.replace(self._file)
