"""Our own distribution as a wheel, for image environments: built from its source, or packed as installed."""

import base64
import sys
import zipfile
from hashlib import sha256
from importlib.metadata import Distribution, distribution
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from notebench_spawner.catalogue.identity import OURS, source_folder
from notebench_spawner.catalogue.uvtool import uv

_UNPACKED = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json")
"""What an installer writes and a wheel does not carry."""


def wheel(folder: Path) -> Path:
    """Put a wheel of our distribution into `folder` and return it. Raises Unavailable when that fails."""
    found = distribution(OURS)
    source = source_folder(found)
    return pack(found, folder) if source is None else _build(source, folder)


def _build(source: Path, folder: Path) -> Path:
    """With the build tools of this environment where they are, else with downloaded ones."""
    here = ["--no-build-isolation"] if find_spec("hatchling") else []
    uv(
        "build",
        "--quiet",
        "--wheel",
        *here,
        "--python",
        sys.executable,
        "--out-dir",
        str(folder),
        str(source),
    )
    return next(folder.glob(f"{OURS}-*.whl"))


def pack(found: Distribution, folder: Path) -> Path:
    """Zip the installed files; what lies outside of site-packages becomes the wheel's data."""
    name = f"{OURS}-{found.version}"
    file = folder / f"{name}-py3-none-any.whl"
    records = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for installed in found.files or []:
            inside = _place(PurePosixPath(installed.as_posix()), name)
            if inside is None:
                continue
            content = installed.read_binary()
            archive.writestr(inside, content)
            digest = base64.urlsafe_b64encode(sha256(content).digest()).rstrip(b"=").decode()
            records.append(f"{inside},sha256={digest},{len(content)}")
        record = f"{name}.dist-info/RECORD"
        archive.writestr(record, "\n".join([*records, f"{record},,"]) + "\n")
    return file


def _place(installed: PurePosixPath, name: str) -> str | None:
    """Where an installed file belongs in the wheel; None for what installers make themselves."""
    if installed.suffix == ".pyc" or installed.name in _UNPACKED:
        return None
    if installed.parts[0] != "..":
        return installed.as_posix()
    parts = [part for part in installed.parts if part != ".."]
    if parts[0] in ("share", "etc"):
        return "/".join([f"{name}.data", "data", *parts])
    return None  # console scripts: the installer writes them anew
