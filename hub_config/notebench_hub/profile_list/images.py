"""Images from references: repository, and a digest where there is one."""

import re
from dataclasses import dataclass
from typing import Any

from notebench_spawner.catalogue.model import KubernetesImage, Version
from notebench_spawner.names import slug
from pydantic import ValidationError

from notebench_hub.i18n import _
from notebench_hub.profile_list.choices import Remarks, text
from notebench_hub.profile_list.source import Tree, part

LOCK = "imported.lock"
"""An empty one: what is in these images is not known."""
_REFERENCE = re.compile(r"([^@\s]+?)(?::([^:/@\s]+))?(?:@(sha256:[0-9a-f]{64}))?")
_TAG = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True)
class Reference:
    """A container image by its parts."""

    repository: str
    tag: str = ""
    digest: str = ""

    @property
    def name(self) -> str:
        """A name of the catalogue for it."""
        return slug(self.repository.rpartition("/")[2])


def of_chart(singleuser: Tree) -> str:
    """The image of all profiles that name none; empty where the values name none either."""
    image = part(singleuser, "image")
    name, tag = text(image.get("name")), text(image.get("tag"))
    return f"{name}:{tag}" if name and tag else name


def parse(said: Any) -> Reference | None:
    """None for what is no reference that a catalogue takes."""
    found = _REFERENCE.fullmatch(said.strip()) if isinstance(said, str) else None
    if not found:
        return None
    one = Reference(found[1], found[2] or "", found[3] or "")
    try:
        KubernetesImage(image=one.repository, digest=one.digest)
    except ValidationError:
        return None
    return one


def version(one: Reference | None, title: str, remarks: Remarks) -> Tree:
    """A draft: nobody can start it before an admin has made it ours and approves it."""
    made: Tree = {
        "name": _version_name(one.tag) if one else "imported",
        "state": "draft",
        "lock": LOCK,
        "python": "3.11",
        "embedded": {"available": False, "reason": "It is a container image of somebody else."},
    }
    if one is None:
        return made
    made["kubernetes"] = {"image": one.repository, **({"digest": one.digest} if one.digest else {})}
    if not one.digest:
        remarks.add(
            _(
                "Image '{image}' is named by the tag {tag}: find out its digest (`skopeo inspect`), and "
                "write it into "
                "`kubernetes.digest`.",
                image=title,
                tag=one.tag or "latest",
            )
        )
    return made


def _version_name(tag: str) -> str:
    name = _TAG.sub("-", tag)[:40].strip("._-") or "imported"
    try:
        Version.model_validate({"name": name, "state": "draft", "lock": "x", "python": "3.11"})
    except ValidationError:
        return "imported"
    return name
