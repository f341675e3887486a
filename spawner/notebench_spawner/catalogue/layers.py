"""Environment layers: what a person installs on top of an image, in a directory of their own.

A layer is a virtual environment made by hand, because that takes milliseconds: a pyvenv.cfg, a link to the
image's interpreter, and a .pth file that adds the image's packages behind the layer's own. pip runs from
the layer, sees what the image has, and installs only what is missing or asked for in another version.
"""

import json
import shlex
import shutil
import tempfile
from pathlib import Path
from typing import Any

from notebench.contract.catalogue import Package
from notebench.contract.errors import Unavailable

from notebench_spawner.catalogue import trees
from notebench_spawner.catalogue.built import (
    MANIFEST,
    environment,
    installed,
    pip_folder,
    site_packages,
)
from notebench_spawner.workload import ImageVersion

KERNEL = "python3"
"""The kernelspec's name; the image's own kernel of this name is hidden by the layer's."""

_PIP = """#!/bin/sh
exec {python} -m pip "$@"
"""


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
    if _fits(target, base):
        return target
    with trees.disk_errors(home):
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            _make(target, target, base, image)  # the home or the environments have moved
        else:
            _make_beside(target, base, image)
    return target


def added_packages(layer: Path) -> list[Package]:
    """What was installed into the layer; empty where there is none."""
    try:
        return installed(layer)
    except (StopIteration, OSError):
        return []


def _read(place: Path) -> dict[str, Any]:
    """The manifest of a layer or an environment; empty where it has none."""
    try:
        found = json.loads((place / MANIFEST).read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _fits(layer: Path, base: Path) -> bool:
    known = _read(layer)
    return known.get("environment") == str(base) and known.get("place") == str(layer)


def _make_beside(target: Path, base: Path, image: ImageVersion) -> None:
    """Make a layer under a temporary name and put it in place; of two at once, the first one's counts."""
    made = Path(tempfile.mkdtemp(prefix=".layer-", dir=target.parent)) / target.name
    try:
        earlier = _earlier(target, base)
        if earlier is not None:
            trees.link(earlier, made, target)
        _make(made, target, base, image)
        if not target.exists():
            made.rename(target)
        if earlier is not None:
            # Only once: who deletes the layer to begin anew does not get the old packages back.
            _write(earlier / MANIFEST, json.dumps(_read(earlier) | {"carried": True}, indent=1))
    except OSError:
        if not _fits(target, base):
            raise
    finally:
        shutil.rmtree(made.parent)


def _earlier(target: Path, base: Path) -> Path | None:
    """The newest layer over the same locked packages, left by an earlier version of Notebench."""
    stem, foundation = target.name.rpartition("-")[0], _read(base).get("foundation")
    found = [(layer, _read(layer)) for layer in target.parent.glob(f"{stem}-*")]
    same = [
        layer for layer, known in found if known.get("foundation") == foundation and "carried" not in known
    ]
    return max(same, key=lambda layer: (layer / MANIFEST).stat().st_mtime, default=None)


def _make(made: Path, target: Path, base: Path, image: ImageVersion) -> None:
    """Write the parts of a layer that will be at `target` over the image environment `base`."""
    manifest = _read(base)
    interpreter = Path(manifest["base_python"])
    packages = made / site_packages(base).relative_to(base)
    packages.mkdir(parents=True, exist_ok=True)
    (made / "bin").mkdir(exist_ok=True)
    _point(made / "bin" / "python", interpreter)
    for name in ("python3", f"python{image.python}"):
        _point(made / "bin" / name, Path("python"))
    _write(
        made / "pyvenv.cfg",
        f"home = {interpreter.parent}\nimplementation = CPython\ninclude-system-site-packages = false\n"
        f"prompt = {image.image}\n",
    )
    # The moved pip comes first: in the image's packages a refusal stands under its name.
    _write(packages / "notebench_image.pth", f"{pip_folder(base)}\n{site_packages(base)}\n")
    for name in ("pip", "pip3"):
        _write(made / "bin" / name, _PIP.format(python=shlex.quote(str(target / "bin" / "python"))))
        (made / "bin" / name).chmod(0o755)
    _kernelspec(made, target, base, image)
    known = image.model_dump(mode="json") | {"foundation": manifest.get("foundation", "")}
    _write(made / MANIFEST, json.dumps(known | {"environment": str(base), "place": str(target)}, indent=1))


def _write(file: Path, text: str) -> None:
    """A file of its own: the old one may be a hard link that an earlier layer shares."""
    file.unlink(missing_ok=True)
    file.write_text(text)


def _point(link: Path, to: Path) -> None:
    link.unlink(missing_ok=True)
    link.symlink_to(to)


def _kernelspec(made: Path, target: Path, base: Path, image: ImageVersion) -> None:
    """The kernel that runs in the layer, under the name that every notebook asks for."""
    folder = made / "share" / "jupyter" / "kernels" / KERNEL
    folder.mkdir(parents=True, exist_ok=True)
    original = base / "share" / "jupyter" / "kernels" / KERNEL
    spec = json.loads((original / "kernel.json").read_text())
    spec["argv"][0] = str(target / "bin" / "python")
    spec["display_name"] = f"Python {image.python}"
    _write(folder / "kernel.json", json.dumps(spec, indent=1))
    for logo in original.glob("logo*"):  # copied: the Jupyter server follows no link that leads out of here
        (folder / logo.name).unlink(missing_ok=True)  # may be a link, or a file that an earlier layer shares
        shutil.copyfile(logo, folder / logo.name)
