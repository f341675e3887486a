"""Writes what makes somebody's image one of Notebench's: a Containerfile on top of it, and what it copies."""

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from notebench.contract import CONTRACT_VERSION
from notebench.contract.errors import NotFound, Refused, Unavailable
from notebench_spawner.catalogue.distribution import wheel

from notebench_hub.containers.building import PARTS, known
from notebench_hub.containers.looking import opened
from notebench_hub.shipped import images_folder

_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]*")
_NAME = re.compile(r"[a-z0-9]+([._/-][a-z0-9]+)*")


def pinned(reference: str, options: Sequence[str] = ()) -> str:
    """The reference with its digest, where a program here can say which that is. Raises Refused."""
    if not _REFERENCE.fullmatch(reference):
        raise Refused(
            "'{reference}' is no name of an image.",
            "Name it as a registry does: registry.example/team/image:tag.",
            code="image-reference",
            reference=reference,
        )
    if "@sha256:" in reference:
        return reference
    try:
        with opened(reference, options) as image:
            digest = image.described.digest
    except Unavailable:
        return reference
    bare = re.sub(r":[^/:]*$", "", reference)
    return f"{bare}@{digest}" if digest else reference


def adopt(base: str, like: str, name: str, folder: Path) -> None:
    """Write the folder, with the packages of our image `like`. Raises NotFound and Refused."""
    choices = [one for one in known() if one not in PARTS]
    if like not in choices:
        raise NotFound(
            "There is no image '{name}'.",
            "Choose one of: {known}.",
            code="image-unknown",
            name=like,
            known=", ".join(choices),
        )
    if not _NAME.fullmatch(name):
        raise Refused(
            "'{name}' is no name for an image.",
            "Use small letters, digits and single `-`, `_`, `.`, `/` between them.",
            code="image-name",
            name=name,
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refused(
            "{folder} is there already and is not empty.",
            "Name another folder with `--into`, or empty it.",
            code="folder-in-use",
            folder=folder,
        )
    folder.mkdir(parents=True, exist_ok=True)
    values = {"BASE": base, "NAME": name, "CONTRACT": str(CONTRACT_VERSION)}
    text = (images_folder() / "adopted.Containerfile").read_text()
    (folder / "Containerfile").write_text(re.sub(r"@([A-Z]+)@", lambda found: values[found[1]], text))
    for file in ("sbom.py", "sbom.lock", "beside.py", "overrides.json", f"{like}/requirements.lock"):
        shutil.copy(images_folder() / file, folder)
    wheel(folder)
