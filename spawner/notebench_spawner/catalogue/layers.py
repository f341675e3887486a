"""Environment layers: what a person installs on top of an image, in a directory of their own.

A layer is a virtual environment made by hand, because that takes milliseconds: a pyvenv.cfg, a link to the
image's interpreter, and a .pth file that adds the image's packages behind the layer's own. pip runs from
the layer, sees what the image has, and installs only what is missing or asked for in another version.
"""

import json
import shutil
import tempfile
from pathlib import Path

from notebench.contract.catalogue import Package
from notebench.contract.errors import Unavailable
from notebench.layering import MANIFEST, fits, make, manifest, write

from notebench_spawner.catalogue import trees
from notebench_spawner.catalogue.built import environment, installed
from notebench_spawner.workload import ImageVersion


def layer_path(home: Path, acting_for: str, image: ImageVersion) -> Path:
    """Where the layer of an owner and image version is, or will be."""
    return home / "environments" / acting_for / f"{image.image}-{image.version}-{image.identity[:8]}"


def ensure_layer(home: Path, acting_for: str, image: ImageVersion, environments_root: Path) -> Path:
    """The layer of an owner and image version, made if it is not there. Raises Unavailable without the image.

    Safe to call from several processes at once; what people installed is never touched. Where only Notebench
    itself has changed since an earlier layer of the same image, what was installed there comes along.
    """
    target = layer_path(home, acting_for, image)
    base = environment(environments_root, image.identity)
    if not (base / MANIFEST).is_file():
        raise Unavailable(
            "The environment of image '{image}' is not built on this machine.",
            "Start a session with it, or run `notebench up`, to build it.",
            code="environment-missing",
            image=image.image,
        )
    if fits(target, base):
        return target
    with trees.disk_errors(home):
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            make(
                target, target, base, image.model_dump(mode="json")
            )  # the home or the environments have moved
        else:
            _make_beside(target, base, image)
    return target


def added_packages(layer: Path) -> list[Package]:
    """What was installed into the layer; empty where there is none."""
    try:
        return installed(layer)
    except (StopIteration, OSError):
        return []


def _make_beside(target: Path, base: Path, image: ImageVersion) -> None:
    """Make a layer under a temporary name and put it in place; of two at once, the first one's counts."""
    made = Path(tempfile.mkdtemp(prefix=".layer-", dir=target.parent)) / target.name
    try:
        earlier = _earlier(target, base)
        if earlier is not None:
            trees.link(earlier, made, target)
        make(made, target, base, image.model_dump(mode="json"))
        if not target.exists():
            made.rename(target)
        if earlier is not None:
            # Only once: who deletes the layer to begin anew does not get the old packages back.
            write(earlier / MANIFEST, json.dumps(manifest(earlier) | {"carried": True}, indent=1))
    except OSError:
        if not fits(target, base):
            raise
    finally:
        shutil.rmtree(made.parent)


def _earlier(target: Path, base: Path) -> Path | None:
    """The newest layer over the same locked packages, left by an earlier version of Notebench."""
    stem, foundation = target.name.rpartition("-")[0], manifest(base).get("foundation")
    found = [(layer, manifest(layer)) for layer in target.parent.glob(f"{stem}-*")]
    same = [
        layer for layer, known in found if known.get("foundation") == foundation and "carried" not in known
    ]
    return max(same, key=lambda layer: (layer / MANIFEST).stat().st_mtime, default=None)
