"""Image environments on one machine: virtual environments built from locks, shared, and read-only once built.

Two steps, so that a change of our own distribution costs seconds and no disk: the *foundation* holds what the
lock says; the environment is a tree of hard links to it, with our distribution added. A directory counts
only once its manifest.json is there, which is written last; a build that was killed is begun anew.
"""

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from notebench.contract.errors import Unavailable

from notebench_spawner.catalogue import trees
from notebench_spawner.catalogue.built import (
    MANIFEST,
    environment,
    installed,
    is_built,
    pip_folder,
    site_packages,
)
from notebench_spawner.catalogue.distribution import wheel
from notebench_spawner.catalogue.identity import OURS, foundation, identity, python_version
from notebench_spawner.catalogue.load import CatalogueFile, current_content
from notebench_spawner.catalogue.lock import Lock, Locked
from notebench_spawner.catalogue.uvtool import uv
from notebench_spawner.marks import N_
from notebench_spawner.workload import ImageVersion

_CHUNK = 12
"""Packages per step of progress; large enough that downloads run side by side."""


@dataclass(frozen=True)
class Step:
    """How far a build is, in packages."""

    done: int
    total: int
    doing: str
    """What happens now, an English template without places."""
    item: str = ""
    """With what it happens, for example a package's name."""


Report = Callable[[Step], None]

WAITING = N_("Waiting for another build of the same image")
INSTALLING = N_("Installing packages")
FINISHING = N_("Adding Notebench")


def _silent(_step: Step) -> None:
    """Reports to nobody."""


def build(catalogue: CatalogueFile, image: ImageVersion, root: Path, report: Report = _silent) -> Path:
    """The environment of an image version, built if it is not there yet. Blocks; call it in a thread.

    Raises Unavailable with a sentence when packages cannot be had, the disk is full, or the catalogue is of
    another time than our distribution. Several processes may ask at once: one builds, the others wait.
    """
    target = environment(root, image.identity)
    if is_built(root, image.identity):
        return target
    lock = _lock_of(catalogue, image)
    with trees.disk_errors(root):
        root.mkdir(parents=True, exist_ok=True)
        with trees.alone(root / f"{image.identity}.lock", lambda: report(_step(lock, 0, WAITING))) as held:
            if not is_built(root, image.identity):
                base = _foundation(lock, root, report)
                report(_step(lock, len(lock.locked), FINISHING, OURS))
                _compose(catalogue, image, base, target, held)
    report(_step(lock, len(lock.locked) + 1, FINISHING))
    return target


def _step(lock: Lock, done: int, doing: str, item: str = "") -> Step:
    return Step(done, len(lock.locked) + 1, doing, item)


def _lock_of(catalogue: CatalogueFile, image: ImageVersion) -> Lock:
    found = catalogue.image(image.image)
    version = next((one for one in found.versions if one.name == image.version), None) if found else None
    if version is None:
        raise Unavailable(
            "The catalogue does not have version {version} of image '{image}' any more.",
            "Choose another image.",
            code="version-gone",
            image=image.image,
            version=image.version,
        )
    lock = catalogue.locks[version.lock]
    if identity(lock, current_content(catalogue.file)) != image.identity:
        raise Unavailable(
            "Notebench was changed after it was started.",
            "Restart it with `notebench restart`, then try again.",
            code="restart-needed",
        )
    return lock


def _foundation(lock: Lock, root: Path, report: Report) -> Path:
    """The environment of a lock without our distribution."""
    name = f"base-{foundation(lock)}"
    target = root / name
    with trees.alone(root / f"{name}.lock", lambda: report(_step(lock, 0, WAITING))) as held:
        if not (target / MANIFEST).is_file():
            trees.remove(target)
            uv("venv", "--quiet", "--no-project", "--python", sys.executable, str(target), cwd=root)
            for start in range(0, len(lock.locked), _CHUNK):
                chunk = lock.locked[start : start + _CHUNK]
                report(_step(lock, start, INSTALLING, ", ".join(one.name for one in chunk)))
                _install(target, chunk, held)
            _write_manifest(target, {"lock": lock.digest, "python": python_version()})
            trees.freeze(target)
    return target


def _install(target: Path, chunk: tuple[Locked, ...], held: int) -> None:
    """Some locked packages, hashes checked; copied, because what is shared may not alias uv's cache."""
    requirements = target / "requirements.txt"
    requirements.write_text("\n".join(one.text for one in chunk))
    uv(
        *("pip", "install", "--quiet", "--python", str(target / "bin" / "python")),
        *("--no-deps", "--require-hashes", "--no-build", "--compile-bytecode", "--link-mode", "copy"),
        *("--requirements", str(requirements)),
        cwd=target,
        hold=(held,),
    )
    requirements.unlink()


def _compose(catalogue: CatalogueFile, image: ImageVersion, base: Path, target: Path, held: int) -> None:
    """Link the foundation's files to `target`, add our distribution and settings, close it."""
    trees.remove(target)
    trees.link(base, target, without=MANIFEST)  # else a build that is cut off now would count as whole
    with trees.scratch(target.parent) as folder:
        uv(
            *("pip", "install", "--quiet", "--python", str(target / "bin" / "python")),
            *("--no-deps", "--no-index", "--compile-bytecode", "--link-mode", "copy", str(wheel(folder))),
            cwd=folder,
            hold=(held,),
        )
    settings = target / "share" / "jupyter" / "lab" / "settings"
    settings.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        (settings / "overrides.json").write_bytes(catalogue.overrides.read_bytes())
    _hide_pip(target)
    manifest = image.model_dump(mode="json") | {
        "foundation": base.name,
        "base_python": str((target / "bin" / "python").resolve()),
        "packages": [package.model_dump() for package in installed(target)],
        "built": datetime.now(UTC).isoformat(),
    }
    _write_manifest(target, manifest)
    trees.freeze(target)


_REFUSAL = '''"""Stands where pip would be: this environment is shared, people install into their layer."""

import sys

sys.exit(
    "This is the image's own environment: shared by everybody, and read-only.\\n"
    "Install into your own layer with %pip in a notebook, or with pip in a terminal of JupyterLab."
)
'''


def _hide_pip(target: Path) -> None:
    """Move pip out of the import path, so that not even root installs into the shared environment by mistake.

    Environment layers put the moved pip on their own path.
    """
    packages, away = site_packages(target), pip_folder(target)
    away.mkdir(parents=True)
    for found in [packages / "pip", *packages.glob("pip-*.dist-info")]:
        if found.is_dir():
            found.rename(away / found.name)
    (packages / "pip").mkdir()
    for name in ("__init__.py", "__main__.py"):
        (packages / "pip" / name).write_text(_REFUSAL if name == "__main__.py" else "")
    for script in list((target / "bin").glob("pip*")):
        script.unlink()
        script.write_text(f"#!{target}/bin/python\n{_REFUSAL}")
        script.chmod(0o755)


def _write_manifest(target: Path, content: dict[str, object]) -> None:
    """Make the directory count: nothing is written after this."""
    temporary = target / f"{MANIFEST}.new"
    temporary.write_text(json.dumps(content, indent=1))
    temporary.rename(target / MANIFEST)
