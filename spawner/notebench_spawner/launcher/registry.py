"""The list of the system accounts that Notebench has made: root's file, written whole or not at all.

Only what stands here is ever used, changed or removed. Accounts are noted before they are made, so that a
launcher that is killed in between finds its work again.
"""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from notebench.contract.errors import Refused
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from notebench_spawner.launcher.installation import only_roots

FILE, LOCK = "accounts.json", "accounts.lock"
_LARGEST = 64 * 2**20


class Entry(BaseModel):
    """One account; its group has the same name and number."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    account: str = Field(pattern=r"^(nb|notebench)-[a-z0-9-]{1,29}$")
    uid: int = Field(ge=1000, lt=2**31)
    made: bool = False
    """False from the moment it is noted until it is there."""


class Registry(BaseModel):
    """What is in the file."""

    model_config = ConfigDict(extra="forbid")

    format: int = Field(default=1, ge=1, le=1)
    installation: str = Field(default_factory=lambda: secrets.token_hex(16), pattern=r"^[0-9a-f]{32}$")
    """Made once: a state directory that is moved keeps its accounts, and two never share one."""
    next_id: int = 0
    """Ids below are not given again, so that nobody gets files that somebody before has left."""
    parts: Entry | None = None
    """The account of hub, service, proxy and MLflow."""
    people: dict[str, Entry] = Field(default_factory=dict)
    """By hub name."""

    @property
    def comment(self) -> str:
        """What stands in the account's GECOS field, by which an account of ours is told."""
        return f"Notebench {self.installation[:16]}"

    def entries(self) -> list[Entry]:
        """All accounts, the parts' own last."""
        return [*self.people.values(), *([self.parts] if self.parts else [])]

    @model_validator(mode="after")
    def _each_once(self) -> "Registry":
        entries = self.entries()
        for words in ({one.account for one in entries}, {one.uid for one in entries}):
            if len(words) < len(entries):
                raise ValueError("two people have the same account")
        return self


def load(root: Path) -> Registry | None:
    """The list of an installation; None where there is none. Raises Refused for one damaged or not root's."""
    file = root / FILE
    only_roots(root)
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as opened:
        found = os.fstat(descriptor)
        if found.st_uid != 0 or found.st_mode & 0o022:
            raise Refused(
                "{file} can be changed by others than root.",
                "Check what it says, then make it root's with `chown root {file}` and `chmod go-w {file}`.",
                code="accounts-not-roots",
                file=file,
            )
        content = opened.read(_LARGEST)
    try:
        return Registry.model_validate_json(content)
    except ValidationError as error:
        raise Refused(
            "The list of accounts {file} is damaged: {detail}.",
            "Nothing was changed. Restore the file from a backup.",
            code="accounts-damaged",
            file=file,
            detail=error.errors(include_url=False, include_input=False)[0]["msg"],
        ) from None


def save(root: Path, registry: Registry) -> None:
    """Write it; the group of the parts may read it. Raises OSError."""
    temporary = root / f".{FILE}.{os.urandom(6).hex()}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w") as opened:
            json.dump(registry.model_dump(mode="json"), opened, indent=1)
            opened.flush()
            if registry.parts and registry.parts.made:
                os.fchown(descriptor, 0, registry.parts.uid)
                os.fchmod(descriptor, 0o640)
            os.fsync(descriptor)
        temporary.replace(root / FILE)
    except BaseException:
        with suppress(FileNotFoundError):
            temporary.unlink()
        raise
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """One at a time may change the list. Waits; the kernel lets go however the holder ends."""
    only_roots(root)
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(root / LOCK, flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
