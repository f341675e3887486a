"""Makes what the chart has from the code: `python helm/generate.py`; `--check` only compares.

Values and their schema come from `values.py` beside it and from the settings, the rules of Roles from the
spawner.
"""

import json
import sys
import textwrap
from io import StringIO
from pathlib import Path
from typing import Any

from notebench_spawner.pods.rights import HUB, NODES, PROJECTS, SERVICE, Right
from pydantic import BaseModel
from ruamel.yaml import YAML

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from values import OnCluster, Values  # noqa: E402 - it lies beside this file

SETTINGS = (
    "Settings of the installation, as docs/operator.md lists them: what `settings.yaml` has on one machine, "
    "without `mode`. Addresses of parts, namespace and, with `priorityClasses.create`, priority classes "
    "are filled in where they are left out."
)
BELOW = (
    "Values of the Zero to JupyterHub chart below. What is set here is what Notebench needs; see its own "
    "reference."
)


def schema() -> dict[str, Any]:
    """Draft 7, without references: words beside a reference would not count there."""
    found = _flat(Values)
    found["properties"]["settings"] = {**_flat(OnCluster), "description": SETTINGS}
    found["properties"]["jupyterhub"] = {"type": "object", "description": BELOW}
    found["properties"]["global"] = {
        "type": "object",
        "description": "Values of all charts; none are used here.",
    }
    return {"$schema": "http://json-schema.org/draft-07/schema#", "title": "Notebench", **found}


def _flat(model: type[BaseModel]) -> dict[str, Any]:
    tree = model.model_json_schema()
    return _inlined(tree, tree.get("$defs", {}))


def _inlined(tree: Any, named: dict[str, Any]) -> Any:
    """The tree with what it refers to in its place, and without what says nothing."""
    if isinstance(tree, list):
        return [_inlined(one, named) for one in tree]
    if not isinstance(tree, dict):
        return tree
    if "$ref" in tree:
        tree = {**named[tree["$ref"].rpartition("/")[2]], **tree}
    kept = {
        key: _properties(value, named) if key == "properties" else _inlined(value, named)
        for key, value in tree.items()
        if key not in ("$ref", "$defs", "title", "default") and not (key == "format" and value == "path")
    }
    if "patternProperties" in kept or "propertyNames" in kept:
        kept.setdefault("additionalProperties", "propertyNames" in kept)
    return kept


def _properties(tree: dict[str, Any], named: dict[str, Any]) -> dict[str, Any]:
    return {name: _inlined(one, named) for name, one in tree.items()}


def values() -> str:
    """The defaults, with each value's description above it."""
    lines = ["# The values of the chart. Made by helm/generate.py from helm/values.py; do not edit.", ""]
    lines += _commented(Values, Values().model_dump(), "")
    lines += ["", *_comment(SETTINGS, ""), "settings: {}", "", *_comment(BELOW, ""), "jupyterhub:"]
    theirs = (HERE / "jupyterhub.values.yaml").read_text()
    return "\n".join(lines) + "\n" + textwrap.indent(theirs, "  ", lambda line: bool(line.strip()))


def _commented(model: type[BaseModel], defaults: dict[str, Any], indent: str) -> list[str]:
    lines: list[str] = []
    for name, field in model.model_fields.items():
        lines += _comment(field.description or "", indent)
        kind, value = field.annotation, defaults[name]
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            lines += [f"{indent}{name}:", *_commented(kind, value, indent + "  ")]
        elif value in ({}, []):
            lines.append(f"{indent}{name}: {json.dumps(value)}")
        else:
            lines += textwrap.indent(_yaml({name: value}), indent).splitlines()
    return lines


def _comment(text: str, indent: str) -> list[str]:
    return [f"{indent}# {line}" for line in textwrap.wrap(text, 108 - len(indent))]


def rights() -> str:
    """The rules of the Roles of hub and service, each with its reason."""
    lines = ["# What hub and service may in the cluster. Made by helm/generate.py; do not edit."]
    for part, all_of_it in (("hub", HUB), ("service", SERVICE), ("projects", PROJECTS), ("nodes", NODES)):
        lines += [f"{part}:", *(line for right in all_of_it for line in _rule(right))]
    return "\n".join(lines) + "\n"


def _rule(right: Right) -> list[str]:
    verbs = ", ".join(sorted(right.verbs))
    return [
        f"  # {right.reason}",
        f'  - apiGroups: ["{right.group}"]',
        f"    resources: [{right.resource}]",
        f"    verbs: [{verbs}]",
    ]


def _yaml(tree: dict[str, Any]) -> str:
    opened = StringIO()
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.representer.add_representer(
        type(None), lambda made, _: made.represent_scalar("tag:yaml.org,2002:null", "null")
    )
    yaml.dump(tree, opened)
    return opened.getvalue()


def main() -> int:
    """Write the files, or with `--check` say which of them is stale."""
    made = {
        "values.yaml": values(),
        "values.schema.json": json.dumps(schema(), indent=1) + "\n",
        "files/rights.yaml": rights(),
    }
    stale = [name for name, text in made.items() if not _is(HERE / name, text)]
    if "--check" in sys.argv[1:]:
        for name in stale:
            print(f"helm/{name} is stale. Run: python helm/generate.py", file=sys.stderr)
        return 1 if stale else 0
    for name in stale:
        (HERE / name).write_text(made[name])
    return 0


def _is(file: Path, text: str) -> bool:
    return file.exists() and file.read_text() == text


if __name__ == "__main__":
    sys.exit(main())
