"""Which program works with container images here, and how its failures are told."""

import shutil
import subprocess
from collections.abc import Callable, Sequence

from notebench.contract.errors import Unavailable

_KNOWN = ("buildah", "podman", "docker")


def builder() -> str:
    """The program that builds here. Raises Unavailable where there is none."""
    for name in _KNOWN:
        if found := shutil.which(name):
            return found
    raise Unavailable(
        "No program that builds container images was found ({known}).",
        "Install one of them, for example `apt-get install buildah`.",
        code="no-image-builder",
        known=", ".join(_KNOWN),
    )


def followed(command: Sequence[str], said: Callable[[str], None]) -> None:
    """Run a build, line by line. Raises Unavailable with the builder's last lines."""
    lines: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        for line in running.stdout or ():
            lines.append(line.rstrip())
            said(lines[-1])
    if running.returncode:
        raise Unavailable(
            "The image was not built: {reason}.",
            "The lines above say which step failed; nothing was tagged.",
            code="image-not-built",
            reason=shortened(lines),
        )


def answered(command: Sequence[str], reference: str) -> str:
    """What a question about an image is answered. Raises Unavailable with the program's last lines."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(
            "The image {reference} cannot be looked into: {reason}.",
            "Correct its name, or pull it first; `{program} images` lists those that are here.",
            code="image-not-there",
            reference=reference,
            reason=shortened(done.stderr.splitlines()),
            program=command[0].rpartition("/")[2],
        )
    return done.stdout


def shortened(lines: Sequence[str]) -> str:
    """The last of what a program said, as part of a sentence."""
    return "; ".join(lines[-3:])[-500:].rstrip(".")
