"""What one may choose from a list of profiles: each profile, with each choice of its options."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from notebench_hub.i18n import _
from notebench_hub.profile_list.source import Tree, part

_MOST = 64
_LONGEST = 200
_KNOWN = {"default", "description", "display_name", "kubespawner_override", "profile_options", "slug"}


@dataclass(frozen=True)
class Choice:
    """One way to start: what KubeSpawner would set, and by which names people know it."""

    profile: str
    description: str
    values: Tree
    """The traits that are set, those of options over those of the profile."""
    image_words: tuple[str, ...] = ()
    """Names of chosen options that say an image."""
    hardware_words: tuple[str, ...] = ()
    """Names of chosen options that say anything else."""
    first: bool = False
    """What is chosen for people who choose nothing."""


@dataclass
class Remarks:
    """What could not be carried over, each once, in the order in which it was met."""

    lines: list[str] = field(default_factory=list)

    def add(self, line: str) -> None:
        if line not in self.lines:
            self.lines.append(line)


def choices(profiles: list[Any], remarks: Remarks) -> list[Choice]:
    """All of them, in the list's order."""
    found: list[Choice] = []
    chosen = next((at for at, one in enumerate(profiles) if isinstance(one, dict) and one.get("default")), 0)
    for number, profile in enumerate(profiles):
        if not isinstance(profile, dict):
            remarks.add(_("Entry {number} is no profile and was left out.", number=number + 1))
            continue
        name = text(profile.get("display_name") or profile.get("slug")) or f"Profile {number + 1}"
        for key in profile:
            if key not in _KNOWN:
                remarks.add(
                    _(
                        "Profile '{profile}': `{key}` has no place in a catalogue.",
                        profile=name,
                        key=text(key),
                    )
                )
        found += _of(profile, name, remarks, first=number == chosen)
    return found


def _of(profile: Tree, name: str, remarks: Remarks, *, first: bool) -> Iterator[Choice]:
    options = [
        (text(key), part(option, "choices"))
        for key, option in part(profile, "profile_options").items()
        if isinstance(option, dict)
    ]
    for key, option in part(profile, "profile_options").items():
        if part(option, "unlisted_choice").get("enabled"):
            remarks.add(
                _(
                    "Profile '{profile}': the free entry for '{option}' is gone; a catalogue lists what may "
                    "be chosen.",
                    profile=name,
                    option=text(key),
                )
            )
    ways = [_ordered(listed) for _key, listed in options if listed]
    for number, way in enumerate(itertools.product(*ways)):
        if number == _MOST:
            remarks.add(
                _(
                    "Profile '{profile}': of all combinations of its options the first {most} were taken.",
                    profile=name,
                    most=_MOST,
                )
            )
            return
        yield _choice(profile, name, way, first=first and number == 0)


def _ordered(listed: Tree) -> list[tuple[str, Tree]]:
    """Name and traits of each choice, the default one first."""
    found = [(key, one if isinstance(one, dict) else {}) for key, one in listed.items()]
    found.sort(key=lambda one: not one[1].get("default"))
    return [
        (text(one.get("display_name")) or text(key), part(one, "kubespawner_override")) for key, one in found
    ]


def _choice(profile: Tree, name: str, way: tuple[tuple[str, Tree], ...], *, first: bool) -> Choice:
    values: Tree = {}
    for override in (part(profile, "kubespawner_override"), *(chosen for _name, chosen in way)):
        values = applied(values, override)
    return Choice(
        profile=name,
        description=text(profile.get("description")),
        values=values,
        image_words=tuple(word for word, override in way if "image" in override),
        hardware_words=tuple(word for word, override in way if set(override) - {"image"}),
        first=first,
    )


def applied(below: Tree, above: Tree) -> Tree:
    """Traits set over others, as KubeSpawner does it: mappings are merged, all else is replaced."""
    both = {
        key: _merged(below[key], value) for key, value in above.items() if _are_mappings(below, key, value)
    }
    return {**below, **above, **both}


def _merged(below: Tree, above: Tree) -> Tree:
    """A mapping over another: None takes a key away."""
    found = dict(below)
    for key, value in above.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = _merged(found[key], value) if _are_mappings(found, key, value) else value
    return found


def _are_mappings(below: Tree, key: Any, value: Any) -> bool:
    return isinstance(value, dict) and isinstance(below.get(key), dict)


def text(value: Any) -> str:
    """One line for people: no markup, no control characters, not too long."""
    words = str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    plain = "".join(one if one.isprintable() else " " for one in _without_tags(words))
    return " ".join(plain.split())[:_LONGEST].strip()


def _without_tags(words: str) -> str:
    """KubeSpawner takes HTML in its texts."""
    kept, inside = [], False
    for one in words:
        if one == "<":
            inside = True
        elif one == ">" and inside:
            inside = False
            kept.append(" ")
        elif not inside:
            kept.append(one)
    return "".join(kept)
