"""What a backup says of itself: a line of facts, then a line for each member with size and hash."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.metadata import version
from tarfile import TarInfo
from typing import IO, Any

from notebench.contract.errors import Refused
from packaging.version import InvalidVersion, Version

FORMAT = 1
"""Of the file itself; grows when an older Notebench would misread it."""

README = "README.txt"
MANIFEST = "manifest.jsonl"
SEAL = "manifest.sha256"
"""The last member. A file that was cut short has none."""

STATE = "state/"
CATALOGUE = "catalogue/"
PACKAGES = ("notebench-hub", "jupyterhub", "mlflow")
"""Whose databases are in a backup; an older one of them cannot read what a newer one wrote."""


@dataclass(frozen=True)
class Header:
    """The first line of the manifest."""

    format: int
    state_format: int
    versions: dict[str, str]
    created: str
    """ISO 8601, UTC: the moment at which all databases were alike."""
    kind: str
    """`full`, or `databases` for what is made before an upgrade."""
    homes: bool
    waited_ms: int
    """How long writers had to wait for that moment."""
    notes: tuple[str, ...] = ()
    """What could not be copied as it was, one line each."""
    elsewhere: tuple[str, ...] = ()
    """Parts whose records are on a PostgreSQL server, and so not in here."""


@dataclass(frozen=True)
class Entry:
    """One member."""

    name: str
    size: int
    sha256: str


def versions() -> dict[str, str]:
    """The versions of what writes the databases, as installed here."""
    return {name: version(name) for name in PACKAGES}


def dump(header: Header, entries: Iterable[Entry]) -> Iterator[bytes]:
    """The manifest's lines."""
    yield _line(asdict(header))
    for entry in entries:
        yield _line(asdict(entry))


def _line(facts: dict[str, Any]) -> bytes:
    return json.dumps(facts, ensure_ascii=True).encode() + b"\n"


def load(lines: IO[bytes]) -> tuple[Header, dict[str, Entry]]:
    """The manifest from its lines. Raises ValueError where it is none."""
    first = _plain(next(iter(lines), b"{}"))
    known = {name: first[name] for name in Header.__dataclass_fields__ if name in first}
    try:
        lists = {name: tuple(known.get(name, ())) for name in ("notes", "elsewhere")}
        header = Header(**{**known, **lists})
        entries = [Entry(**_plain(line)) for line in lines]
    except TypeError as error:
        raise ValueError(str(error)) from error
    return header, {entry.name: entry for entry in entries}


def _plain(line: bytes) -> dict[str, Any]:
    found = json.loads(line)
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found


def link_hash(info: TarInfo) -> str:
    """What counts of a folder or a link: that it is one, and where it leads."""
    return sha256(info.type + info.linkname.encode("utf-8", "surrogateescape")).hexdigest()


def refuse_newer(header: Header, state_format: int) -> None:
    """Raises Refused for a backup that this version would misread."""
    newer = _newer_packages(header)
    if header.format > FORMAT or header.state_format > state_format or newer:
        name = newer[0] if newer else "notebench-hub"
        raise Refused(
            "The backup was made by {name} {version}, which is newer than the one here ({ours}).",
            "Use that version of Notebench or a newer one.",
            code="backup-newer",
            name=name,
            version=header.versions.get(name, "?"),
            ours=versions()[name],
        )


def _newer_packages(header: Header) -> list[str]:
    ours = versions()
    return [name for name in PACKAGES if _is_newer(header.versions.get(name, "0"), ours[name])]


def _is_newer(theirs: str, ours: str) -> bool:
    try:
        return Version(theirs) > Version(ours)
    except InvalidVersion:
        return True  # what cannot be understood cannot be trusted to be older
