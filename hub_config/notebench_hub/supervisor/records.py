"""Which processes belong to a state directory, on disk, so that the next supervisor finds leftovers."""

import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil

from notebench_hub.place import VARIABLE, Place
from notebench_hub.supervisor.identity import Identity

log = logging.getLogger(__name__)

SUPERVISOR = "supervisor"
MARK = "NOTEBENCH_PART"
"""Environment variable of parts; what parts start for people does not inherit it."""
PATIENCE = 10.0
"""Seconds that a part gets to end by itself."""


def folder(place: Place) -> Path:
    """Where the records are: one file per part, one for the supervisor."""
    return place.root / "supervisor"


def write(place: Place, name: str, identity: Identity) -> None:
    """Remember that this process is the named part."""
    file = folder(place) / f"{name}.json"
    file.parent.mkdir(mode=0o700, exist_ok=True)
    temporary = file.with_suffix(".new")
    temporary.write_text(identity.model_dump_json())
    temporary.replace(file)


def forget(place: Place, name: str) -> None:
    """The named part has ended."""
    (folder(place) / f"{name}.json").unlink(missing_ok=True)


def read(place: Place) -> dict[str, Identity]:
    """All records by name, the supervisor's included; a record that a crash cut short is left out."""
    found = {}
    for file in sorted(folder(place).glob("*.json")):
        try:
            found[file.stem] = Identity.model_validate_json(file.read_text())
        except ValueError:
            log.warning("The record %s cannot be read and is ignored.", file)
    return found


def marked(env: Mapping[str, str], place: Place, name: str) -> dict[str, str]:
    """An environment by which a part is known, should its supervisor be killed before it writes a record."""
    return {**env, VARIABLE: str(place.root), MARK: name}


def end_leftovers(place: Place) -> list[str]:
    """End the parts that a killed supervisor left behind; their names. Blocks for some seconds."""
    ended = []
    for name, identity in read(place).items():
        if name == SUPERVISOR:
            continue
        if identity.group():
            identity.end(PATIENCE)
            ended.append(name)
        forget(place, name)
    for name, identity in _unrecorded(place):
        identity.end(PATIENCE)
        ended.append(name)
    return ended


def _unrecorded(place: Place) -> Iterator[tuple[str, Identity]]:
    """Leaders of parts that carry our mark."""
    for process in psutil.process_iter():
        try:
            environ = process.environ()
            ours = environ.get(VARIABLE) == str(place.root) and MARK in environ
            if ours and os.getsid(process.pid) == process.pid:
                yield environ[MARK], Identity.of(process.pid)
        except (psutil.Error, OSError):
            continue  # ended meanwhile, or somebody else's
