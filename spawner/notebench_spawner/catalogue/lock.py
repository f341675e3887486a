"""Reads an image's requirements.lock: which packages it holds on this Python and platform, and its hash."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from notebench.contract.catalogue import Package
from notebench.contract.errors import Refused
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name


@dataclass(frozen=True)
class Locked:
    """One locked package: its name and version, and its lines in the lock."""

    name: str
    version: str
    text: str


@dataclass(frozen=True)
class Lock:
    """A lock file's content."""

    file: Path
    digest: str
    """SHA-256 of what the lock says; comments and order of hashes do not count."""
    locked: tuple[Locked, ...]
    """What applies to this Python and platform, in the lock's order."""

    @cached_property
    def versions(self) -> dict[str, str]:
        """Version by canonical name."""
        return {entry.name: entry.version for entry in self.locked}

    def packages(self, names: list[str]) -> list[Package]:
        """The named packages with their versions; a name that is not locked is left out."""
        return [
            Package(name=name, version=self.versions[canonicalize_name(name)])
            for name in names
            if canonicalize_name(name) in self.versions
        ]


def read_lock(file: Path) -> Lock:
    """Read a lock. Raises Refused where it cannot be read or holds something that is not pinned."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, ValueError) as problem:
        raise _unusable(file, str(problem)) from None
    entries = sorted(set(_entries(text)))
    digest = sha256("\n".join(" ".join(sorted(entry.split())) for entry in entries).encode()).hexdigest()
    locked = tuple(one for entry in _entries(text) if (one := _locked(file, entry)))
    return Lock(file, digest, locked)


def _entries(text: str) -> Iterator[str]:
    """Requirements with their hashes, one line each."""
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    for entry in "\n".join(lines).replace("\\\n", " ").splitlines():
        if entry.strip():
            yield " ".join(entry.split())


def _locked(file: Path, entry: str) -> Locked | None:
    words = entry.partition(" --hash=")[0]
    try:
        requirement = Requirement(words)
    except InvalidRequirement:
        raise _unusable(file, words) from None
    pins = [pin for pin in requirement.specifier if pin.operator == "=="]
    if len(pins) != 1 or "--hash=sha256:" not in entry:
        raise _unusable(file, words)
    if requirement.marker and not requirement.marker.evaluate():
        return None
    return Locked(canonicalize_name(requirement.name), pins[0].version, entry)


def _unusable(file: Path, what: str) -> Refused:
    return Refused(
        "The lock {file} cannot be used: {what}",
        "Write it anew with `python images/lock.py`.",
        code="lock-invalid",
        file=file,
        what=what,
    )
