"""Looks into an image with the program that is here: what it says of itself, and what its programs do."""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from notebench_hub.containers.programs import answered, builder

PATIENCE = 600
"""Seconds until a program inside an image must have ended."""


@dataclass(frozen=True)
class Described:
    """What an image's configuration says."""

    labels: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""
    """That of its manifest in the registry that it came from; empty for one that was built here."""


@dataclass(frozen=True)
class Opened:
    """An image whose programs can be run."""

    described: Described
    words: Sequence[str]
    """What begins a command line in it; the user is put in for `USER`, the program for `PROGRAM`."""

    def run(self, user: str, words: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run a program as a user and group, without network; 124 where it does not end."""
        first = [{"USER": user, "PROGRAM": words[0]}.get(word, word) for word in self.words]
        rest = words if "PROGRAM" not in self.words else words[1:]
        command = [*first, *rest]
        try:
            return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(command, 124, "", f"no end after {PATIENCE} s")


@contextmanager
def opened(reference: str, options: Sequence[str] = ()) -> Iterator[Opened]:
    """The image, pulled where it is not here; nothing of it stays changed. Raises Unavailable."""
    program = builder()
    if Path(program).name != "buildah":
        yield Opened(_inspected(program, reference), _run(program, reference, options))
        return
    container = answered([program, "from", "--pull=false", reference], reference).split()[-1]
    try:
        found = json.loads(answered([program, "inspect", "--type", "container", container], reference))
        config = found["OCIv1"].get("config") or {}
        local = reference.startswith("localhost/")
        described = _described(config, "" if local else found.get("FromImageDigest") or "")
        run = (program, "run", "--network", "none", *options, "--user", "USER", container, "--")
        yield Opened(described, run)
    finally:
        answered([program, "rm", container], reference)


def _inspected(program: str, reference: str) -> Described:
    here = subprocess.run([program, "image", "inspect", reference], capture_output=True, check=False)
    if here.returncode:
        answered([program, "pull", "--quiet", reference], reference)
    [found] = json.loads(answered([program, "image", "inspect", reference], reference))
    digests = [one.partition("@")[2] for one in found.get("RepoDigests") or ()]
    return _described(
        found.get("Config") or {}, "" if reference.startswith("localhost/") else (digests or [""])[0]
    )


def _run(program: str, reference: str, options: Sequence[str]) -> Sequence[str]:
    kept = ("run", "--rm", "--network", "none", *options)
    return (program, *kept, "--user", "USER", "--entrypoint", "PROGRAM", reference)


def _described(config: Mapping[str, Any], digest: str) -> Described:
    pairs = (line.partition("=") for line in config.get("Env") or ())
    env = {name: value for name, _, value in pairs}
    return Described(config.get("Labels") or {}, config.get("User") or "", env, digest)
