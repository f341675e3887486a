"""How an environment layer lies over an image's environment: a virtual environment made by hand.

Whoever prepares a start uses it: the part that launches processes, or a pod itself. Standard library only.
"""

import json
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

VARIABLE = "NOTEBENCH_LAYER"
"""Names the directory of the layer in sessions, runs and model servers."""

MANIFEST = "manifest.json"
"""Says what a layer or an environment is; it is written last."""

KERNEL = "python3"
"""The kernelspec's name; the image's own kernel of this name is hidden by the layer's."""

_PIP = """#!/bin/sh
exec {python} -m pip "$@"
"""


def site_packages(environment: Path) -> Path:
    """The directory that holds an environment's packages."""
    return next((environment / "lib").glob("python3.*/site-packages"))


def pip_folder(environment: Path) -> Path:
    """Where the pip for environment layers is; the image itself has none that installs."""
    return environment / "share" / "notebench" / "pip"


def manifest(place: Path) -> dict[str, Any]:
    """What a layer or an environment says of itself; empty where it says nothing."""
    try:
        found = json.loads((place / MANIFEST).read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def fits(layer: Path, base: Path) -> bool:
    """Whether the layer is there, whole, and was made for this place and this environment."""
    known = manifest(layer)
    return known.get("environment") == str(base) and known.get("place") == str(layer)


def make(made: Path, target: Path, base: Path, image: Mapping[str, Any]) -> None:
    """Write the parts of a layer that will be at `target` over the environment `base`. Raises OSError.

    `image` says what is written down of the image version; its name and its Python are used.
    """
    known = manifest(base)
    interpreter = Path(known.get("base_python") or (base / "bin" / "python").resolve())
    packages = made / site_packages(base).relative_to(base)
    packages.mkdir(parents=True, exist_ok=True)
    (made / "bin").mkdir(exist_ok=True)
    _point(made / "bin" / "python", interpreter)
    for name in ("python3", f"python{image['python']}"):
        _point(made / "bin" / name, Path("python"))
    write(
        made / "pyvenv.cfg",
        f"home = {interpreter.parent}\nimplementation = CPython\ninclude-system-site-packages = false\n"
        f"prompt = {image['image']}\n",
    )
    # The moved pip comes first: in the image's packages a refusal stands under its name.
    write(packages / "notebench_image.pth", f"{pip_folder(base)}\n{site_packages(base)}\n")
    for name in ("pip", "pip3"):
        write(made / "bin" / name, _PIP.format(python=shlex.quote(str(target / "bin" / "python"))))
        (made / "bin" / name).chmod(0o755)
    _kernelspec(made, target, base, str(image["python"]))
    said = {**image, "foundation": known.get("foundation", "")}
    write(made / MANIFEST, json.dumps(said | {"environment": str(base), "place": str(target)}, indent=1))


def write(file: Path, text: str) -> None:
    """A file of its own: the old one may be a hard link that an earlier layer shares."""
    file.unlink(missing_ok=True)
    file.write_text(text)


def _point(link: Path, to: Path) -> None:
    link.unlink(missing_ok=True)
    link.symlink_to(to)


def _kernelspec(made: Path, target: Path, base: Path, python: str) -> None:
    """The kernel that runs in the layer, under the name that every notebook asks for."""
    folder = made / "share" / "jupyter" / "kernels" / KERNEL
    folder.mkdir(parents=True, exist_ok=True)
    original = base / "share" / "jupyter" / "kernels" / KERNEL
    spec = json.loads((original / "kernel.json").read_text())
    spec["argv"][0] = str(target / "bin" / "python")
    spec["display_name"] = f"Python {python}"
    write(folder / "kernel.json", json.dumps(spec, indent=1))
    for logo in original.glob("logo*"):  # copied: the Jupyter server follows no link that leads out of here
        (folder / logo.name).unlink(missing_ok=True)  # may be a link, or a file that an earlier layer shares
        shutil.copyfile(logo, folder / logo.name)
