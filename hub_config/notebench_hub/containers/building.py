"""Builds container images from our Containerfiles, with whichever builder this machine has."""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from tempfile import TemporaryDirectory

from notebench.contract.errors import NotFound, Unavailable
from notebench_spawner.catalogue.distribution import wheel
from notebench_spawner.catalogue.uvtool import uv

import notebench_hub
from notebench_hub.containers.programs import builder, followed
from notebench_hub.shipped import images_folder

PARTS = ("hub", "service")
"""Images of Notebench's own parts; the others are those that people choose."""


@dataclass(frozen=True)
class Wanted:
    """What to build, from what, and under which name."""

    name: str
    tag: str
    base: str = ""
    revision: str = ""
    source: str = ""
    options: tuple[str, ...] = ()
    """Further words for the builder, such as `--runtime runc`."""


def known() -> list[str]:
    """The images that have a Containerfile."""
    return sorted(file.parent.name for file in images_folder().glob("*/Containerfile"))


def version() -> str:
    """Ours, which is that of the images."""
    return distribution("notebench-hub").version


def revision() -> str:
    """The commit of the checkout that this runs from, marked where files differ; empty without one."""
    git = ["git", "-C", str(images_folder()), "describe", "--always", "--abbrev=40", "--exclude=*"]
    if not (images_folder().parent / ".git").exists() or not shutil.which("git"):
        return ""
    done = subprocess.run([*git, "--dirty=-changed"], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def build(wanted: Wanted, said: Callable[[str], None]) -> str:
    """Build one image and return its id. Raises NotFound and Unavailable; `said` gets the builder's lines."""
    if wanted.name not in known():
        raise NotFound(
            "There is no image '{name}'.",
            "Choose one of: {known}.",
            code="image-unknown",
            name=wanted.name,
            known=", ".join(known()),
        )
    program = builder()
    with TemporaryDirectory(prefix="notebench-image-") as folder:
        context = Path(folder) / "context"
        gather(wanted.name, context)
        identity = Path(folder) / "id"
        followed([program, *words(wanted, context, identity)], said)
        return identity.read_text().strip()


def words(wanted: Wanted, context: Path, identity: Path) -> list[str]:
    """What the builder is asked. A configuration of pip goes along as a secret, which no layer keeps."""
    config = os.environ.get("PIP_CONFIG_FILE", "")
    arguments = {"VERSION": version(), "REVISION": wanted.revision or revision(), "SOURCE": wanted.source}
    arguments["BASE"] = wanted.base
    return [
        *("build", "--file", str(context / "Containerfile"), "--tag", wanted.tag),
        *("--iidfile", str(identity), *wanted.options),
        *(word for name, value in arguments.items() if value for word in ("--build-arg", f"{name}={value}")),
        *(("--secret", f"id=pip,src={config}") if config else ()),
        str(context),
    ]


def gather(name: str, context: Path) -> None:
    """Put beside the Containerfile what it copies: the lock, and wheels of what runs now."""
    context.mkdir(parents=True)
    shutil.copy(images_folder() / name / "Containerfile", context)
    for part in ("sbom.py", "sbom.lock"):
        shutil.copy(images_folder() / part, context)
    wheel(context)
    if name in PARTS:
        root = _checkout()
        uv("build", "--quiet", "--wheel", "--out-dir", str(context), str(root))
        shutil.copy(root / "requirements-kubernetes.lock", context)
        return
    shutil.copy(images_folder() / name / "requirements.lock", context)
    shutil.copy(images_folder() / "overrides.json", context)


def _checkout() -> Path:
    root = Path(notebench_hub.__file__).parents[2]
    if not (root / "requirements-kubernetes.lock").is_file():
        raise Unavailable(
            "The images of hub and service are built from a checkout.",
            "Clone the repository and run `./notebench images build` there.",
            code="no-checkout",
        )
    return root
