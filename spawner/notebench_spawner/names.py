"""Names of people as names of directories and objects: readable, unique, safe. Standard library only."""

import re
from hashlib import sha256

_PLAIN = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])?")
_MARKED = re.compile(r".*-[0-9a-f]{12}")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")


def folder_name(name: str) -> str:
    """A directory's name for any name. Plain short names stay as they are; different names never meet."""
    if _PLAIN.fullmatch(name) and ".." not in name and not _MARKED.fullmatch(name):
        return name
    return f"{slug(name)}-{digest(name)}"


def dns_label(name: str) -> str:
    """A word of DNS for any name: at most 53 of `[a-z0-9-]`, never `--`; different names never meet."""
    if _LABEL.fullmatch(name) and "--" not in name and not _MARKED.fullmatch(name):
        return name
    return f"{slug(name)}-{digest(name)}"


def slug(name: str, length: int = 40) -> str:
    """The readable part of a name, `[a-z0-9-]`, at least one character; different names may share it."""
    words = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return words[:length].strip("-") or "x"


def digest(name: str) -> str:
    """Twelve hexadecimal digits that tell names apart."""
    return sha256(name.encode(errors="surrogatepass")).hexdigest()[:12]
