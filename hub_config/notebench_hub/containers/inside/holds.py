"""Reads an image's files, as root there, and prints as JSON which hold secrets, and how long its SBOM is."""

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_NAMES = re.compile(
    r"/(\.netrc|\.pypirc|\.git-credentials|\.npmrc|\.pgpass|\.env|\.s3cfg|\.boto|\.databrickscfg|pip\.conf"
    r"|id_(rsa|ecdsa|ed25519)|\.docker/config\.json|\.aws/credentials|\.kube/config"
    r"|application_default_credentials\.json|[^/]+\.(pem|key))$"
)
"""Files in which credentials are kept; whether one is inside is looked at."""
_CONTAINERS_OF_KEYS = re.compile(r"\.(p12|pfx|kdbx)$")
_KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_WORD = re.compile(
    rb"://[^/\s:@]+:[^/\s@]+@|\bAKIA[0-9A-Z]{16}\b"
    rb"|(?i:password|passwd|secret|token|\bauth|client-key-data)[\w.-]*[\"']?[ \t]*"
    rb"[:= ][ \t]*[\"']?[^\s\"']{6,}"
)
_NOT_LOOKED_AT = ("/proc", "/sys", "/dev", "/run")
_OF_PACKAGES = re.compile(r"/(site-packages|dist-packages|node_modules|share/doc|usr/lib|usr/share)/")
_LARGEST = 1_000_000


def holds(sbom: str) -> dict[str, Any]:
    """What is in the image's files: credentials that should not be, and the list of its packages."""
    return {"secrets": sorted(_secret_files())[:20], "sbom": _listed(sbom)}


def _listed(sbom: str) -> int:
    """How many components the file lists; 0 where it is missing or is no CycloneDX."""
    try:
        document = json.loads(Path(sbom).read_text(encoding="utf-8"))
        return len(document["components"]) if document["bomFormat"] == "CycloneDX" else 0
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def _secret_files() -> Iterator[str]:
    for folder, folders, files in os.walk("/"):
        folders[:] = [name for name in folders if f"{folder.rstrip('/')}/{name}" not in _NOT_LOOKED_AT]
        for name in files:
            path = f"{folder.rstrip('/')}/{name}"
            if not _OF_PACKAGES.search(path) and _has_secret(path):
                yield path


def _has_secret(path: str) -> bool:
    if _CONTAINERS_OF_KEYS.search(path):
        return True
    if not _NAMES.search(path):
        return False
    try:
        file = Path(path)
        if file.is_symlink() or not file.is_file() or file.stat().st_size > _LARGEST:
            return False
        content = file.read_bytes()
    except OSError:
        return False
    if path.endswith("/.pgpass"):
        return bool(content.strip())
    return bool(_KEY.search(content)) or (not path.endswith((".pem", ".key")) and bool(_WORD.search(content)))


if __name__ == "__main__":
    print(json.dumps(holds(sys.argv[1])))
