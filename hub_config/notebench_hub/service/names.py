"""Names of people and projects as names of directories and workspaces: readable, unique, never a path."""

import re
from hashlib import sha256

from notebench.contract.people import PERSONAL

_PLAIN = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])?")
_MARKED = re.compile(r".*-[0-9a-f]{12}")


def folder_name(name: str) -> str:
    """A directory's name for any name. Plain short names stay as they are; different names never meet."""
    if _PLAIN.fullmatch(name) and ".." not in name and not _MARKED.fullmatch(name):
        return name
    return f"{_slug(name)}-{_hash(name)}"


def workspace_name(user: str, acting_for: str) -> str:
    """The MLflow workspace of a person or of a project: at most 63 DNS characters."""
    if acting_for == PERSONAL:
        return f"u-{_slug(user)}-{_hash(user)}"
    return f"p-{_slug(acting_for)}-{_hash(acting_for)}"


def _slug(name: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return words[:40].strip("-") or "x"


def _hash(name: str) -> str:
    return sha256(name.encode()).hexdigest()[:12]
