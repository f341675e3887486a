"""The identity of an image version: one word that changes when anything that is installed changes."""

import json
import platform
import sys
import sysconfig
from hashlib import sha256
from importlib.metadata import Distribution, distribution
from pathlib import Path
from urllib.parse import unquote, urlsplit

from notebench_spawner.catalogue.lock import Lock

OURS = "notebench"
"""The distribution that makes an image ours; it comes with the installation, not from a lock."""

_LENGTH = 12


def python_version() -> str:
    """The Python that image environments are built with here, for example `3.11`: the one that runs this."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def foundation(lock: Lock) -> str:
    """Names what the lock alone decides: its packages, on this Python and platform."""
    where = f"{platform.python_implementation()} {python_version()} {sysconfig.get_platform()}"
    return _short(lock.digest, where)


def identity(lock: Lock, content: str) -> str:
    """Names an image version: what the lock decides, and `our_content()`."""
    return _short(foundation(lock), content)


def our_content() -> str:
    """Hash of our distribution as it would be installed now: its source here, else its installed files."""
    found = distribution(OURS)
    source = source_folder(found)
    if source is None:
        return sha256((found.read_text("RECORD") or found.version).encode()).hexdigest()
    digest = sha256()
    for file in [source / "pyproject.toml", *_files(source / OURS)]:
        digest.update(
            f"{file.relative_to(source).as_posix()} {sha256(file.read_bytes()).hexdigest()}\n".encode()
        )
    return digest.hexdigest()


def source_folder(found: Distribution) -> Path | None:
    """The source of an editable installation; None where the distribution was installed for good."""
    direct = json.loads(found.read_text("direct_url.json") or "{}")
    if not direct.get("dir_info", {}).get("editable"):
        return None
    return Path(unquote(urlsplit(direct["url"]).path))


def _files(folder: Path) -> list[Path]:
    """What ends in the wheel; the labextension is below this folder once it has been built."""
    return sorted(
        file
        for file in folder.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and file.suffix not in (".pyc", ".map")
    )


def _short(*parts: str) -> str:
    return sha256("\n".join(parts).encode()).hexdigest()[:_LENGTH]
