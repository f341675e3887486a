"""Reads what a hub has so far: the list of profiles, and what the chart's values say beside it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from notebench.contract.errors import Refused
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

Tree = dict[str, Any]
_MOST_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Source:
    """A list of profiles, and `singleuser` of the chart's values where it came with it."""

    profiles: list[Any]
    singleuser: Tree = field(default_factory=dict)


def read(file: Path) -> Source:
    """The list in a file of values, or that is the file. Raises Refused."""
    tree = load(file)
    found = of(tree)
    if found is None:
        raise Refused(
            "{file} has no list of profiles.",
            "Name the values of Zero to JupyterHub (`singleuser.profileList`), or a file that is the list "
            "itself.",
            code="no-profile-list",
            file=file,
        )
    return found


def load(file: Path) -> Any:
    """YAML or JSON as plain data. Raises Refused."""
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise ValueError("it is larger than 4 MiB")
        return YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, YAMLError, RecursionError) as problem:
        said = " ".join(str(getattr(problem, "problem", None) or problem).split()) or type(problem).__name__
        mark = getattr(problem, "problem_mark", None)
        raise Refused(
            "{file} cannot be read ({reason}).",
            "Name a file of YAML or JSON.",
            code="profile-list-unreadable",
            file=f"{file}, line {mark.line + 1}" if mark else file,
            reason=said[:300],
        ) from None


def of(tree: Any) -> Source | None:
    """The list wherever it usually is; None where there is none."""
    if isinstance(tree, list):
        return Source(tree)
    if not isinstance(tree, dict):
        return None
    for values in (tree, tree.get("jupyterhub")):  # the chart itself, or one around it
        if not isinstance(values, dict):
            continue
        singleuser = part(values, "singleuser")
        lists = (
            singleuser.get("profileList"),
            part(values, "hub", "config", "KubeSpawner").get("profile_list"),
            values.get("profile_list"),
            values.get("profileList"),
        )
        for found in lists:
            if isinstance(found, list) and found:
                return Source(found, singleuser)
    return None


def part(tree: Any, *path: str) -> Tree:
    """A mapping inside of mappings; an empty one where it is none."""
    for key in path:
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree if isinstance(tree, dict) else {}
