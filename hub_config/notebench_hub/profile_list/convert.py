"""A list of profiles as a catalogue: one hardware profile for what is alike, one image for each reference."""

from dataclasses import dataclass, field
from io import StringIO
from typing import Any

from notebench.contract.errors import Refused
from notebench_spawner.names import slug
from ruamel.yaml import YAML

from notebench_hub.i18n import _
from notebench_hub.profile_list import hardware, images
from notebench_hub.profile_list.choices import Choice, Remarks, choices
from notebench_hub.profile_list.source import Source, Tree


@dataclass
class Catalogue:
    """What a list becomes, and what of it does not."""

    document: Tree
    remarks: list[str]


@dataclass
class _Making:
    """Entries so far, each found again by what it is made from."""

    remarks: Remarks
    profiles: dict[str, Tree] = field(default_factory=dict)
    images: dict[Any, Tree] = field(default_factory=dict)

    def profile(self, choice: Choice, defaults: Tree) -> str:
        """The id of its hardware."""
        entry = hardware.profile(choice, defaults, self.remarks)
        key = repr(entry)
        if key not in self.profiles:
            title = ", ".join([choice.profile, *choice.hardware_words])[:400]
            taken = {one["id"] for one in self.profiles.values()}
            about = {
                "id": _free(slug(title), taken),
                "title": title,
                "description": choice.description or title,
            }
            self.profiles[key] = about | entry
        return str(self.profiles[key]["id"])

    def image(self, choice: Choice, default: str) -> Tree:
        """The entry of its image."""
        said = choice.values.get("image") or default
        one = images.parse(said)
        if one not in self.images:
            if one is None:
                self.remarks.add(
                    _(
                        "Profile '{profile}' names no image that can be read: write one into the entry "
                        "'{image}'.",
                        profile=choice.profile,
                        image="imported",
                    )
                )
            own = choice.profile if choice.values.get("image") else one.name if one else ""
            title = ", ".join(choice.image_words) or own or "Imported"
            taken = {str(entry["id"]) for entry in self.images.values()}
            name = _free(one.name if one else "imported", taken)
            self.images[one] = {
                "id": name,
                "title": title[:400],
                "description": choice.description or title[:400],
                "profiles": [],
                "versions": [images.version(one, name, self.remarks)],
            }
        return self.images[one]


def convert(source: Source) -> Catalogue:
    """Raises Refused where there is nothing to choose in it."""
    making = _Making(Remarks())
    found = choices(source.profiles, making.remarks)
    if not found:
        raise Refused(
            "There is no profile in the list.",
            "Name a list whose entries have a `display_name`.",
            code="profile-list-empty",
        )
    defaults, usual = hardware.of_chart(source.singleuser), images.of_chart(source.singleuser)
    default: Tree = {}
    for choice in found:
        profile, image = making.profile(choice, defaults), making.image(choice, usual)
        if profile not in image["profiles"]:
            image["profiles"].append(profile)
        if choice.first or not default:
            default = {"image": image["id"], "profile": profile}
    document = {
        "schema": 1,
        "default": default,
        "profiles": list(making.profiles.values()),
        "images": list(making.images.values()),
    }
    return Catalogue(document, making.remarks.lines)


def written(document: Tree) -> str:
    """The catalogue's file."""
    out = StringIO()
    yaml = YAML()
    yaml.width = 110
    yaml.indent(mapping=2, sequence=4, offset=2)
    # Nothing may be an alias of something else: the catalogue knows none.
    yaml.representer.ignore_aliases = lambda _data: True
    yaml.dump(document, out)
    return out.getvalue()


def _free(name: str, taken: set[str]) -> str:
    found, count = name[:40].strip("-") or "x", 2
    while found in taken:
        found = f"{name[:36].rstrip('-')}-{count}"
        count += 1
    return found
