"""YAML as plain data with the line of every key, so that a mistake can be shown where it was made.

Only what a catalogue needs is understood: mappings with text keys, lists, and plain scalars. Anchors, tags
and repeated keys are refused, so that no file can be larger than it looks or mean something else.
"""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from notebench.contract.errors import Refused
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Path_ = tuple[str | int, ...]
"""Where a value is: keys of mappings and indexes of lists, from the top."""

_MOST_BYTES = 1024 * 1024
_CORE = "tag:yaml.org,2002:"


@dataclass
class Source:
    """A YAML file as data; `line` says where a value was written."""

    file: Path
    data: Any = None
    lines: dict[Path_, int] = field(default_factory=dict)

    def line(self, path: Path_) -> int:
        """One-based line of a value, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def refuse(self, line: int, what: str) -> Refused:
        """The error for a line that is not understood; `what` is for the person who edits the file."""
        return Refused(
            "{file}, line {line}: {what}",
            "Correct the line and try again.",
            code="catalogue-invalid",
            file=self.file,
            line=line,
            what=what,
        )


def read(file: Path) -> Source:
    """The file's content. Raises Refused with file and line where it is not YAML that we understand."""
    source = Source(file)
    try:
        node = YAML(pure=True).compose(_text(file))
    except MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        raise source.refuse(mark.line + 1 if mark else 1, str(problem.problem or problem.context)) from None
    except (YAMLError, ValueError) as problem:
        raise source.refuse(1, " ".join(str(problem).split())) from None
    except RecursionError:
        raise source.refuse(1, "the file is nested too deeply") from None
    source.data = _Builder(source).build(node, ()) if node is not None else None
    return source


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(_MOST_BYTES + 1)
    except OSError as problem:
        raise Refused(
            "The catalogue file {file} cannot be read: {reason}.",
            "Create it, or name another one in the settings.",
            code="catalogue-missing",
            file=file,
            reason=problem.strerror or str(problem),
        ) from None
    if len(content) > _MOST_BYTES:
        raise Refused(
            "The catalogue file {file} is larger than 1 MiB.",
            "Make it shorter.",
            code="catalogue-invalid",
            file=file,
        )
    return content.decode("utf-8")  # a UnicodeDecodeError is a ValueError: shown as a mistake in line 1


class _Builder:
    """Turns nodes into data and writes down the lines."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.seen: set[int] = set()

    def build(self, node: Node, path: Path_) -> Any:
        line = node.start_mark.line + 1
        self.source.lines.setdefault(path, line)
        if id(node) in self.seen or node.anchor:
            raise self.source.refuse(line, "anchors and aliases (& and *) are not allowed here")
        self.seen.add(id(node))
        if isinstance(node, MappingNode):
            return self.mapping(node, path)
        if isinstance(node, SequenceNode):
            self.expect(node, "seq")
            return [self.build(child, (*path, index)) for index, child in enumerate(node.value)]
        if isinstance(node, ScalarNode):
            return self.scalar(node)
        raise self.source.refuse(line, "this is not a value")

    def mapping(self, node: MappingNode, path: Path_) -> dict[str, Any]:
        self.expect(node, "map")
        found: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, ScalarNode):
                raise self.source.refuse(line, "a key must be a word")
            if key.value in found:
                raise self.source.refuse(line, f"the key '{key.value}' is there twice")
            self.source.lines[*path, key.value] = line
            found[key.value] = self.build(value, (*path, key.value))
        return found

    def scalar(self, node: ScalarNode) -> str | int | float | bool | None:
        kind, text = (node.tag or "").removeprefix(_CORE), node.value
        try:
            if kind == "int":
                return int(text.replace("_", ""), 0)
            if kind == "float" and math.isfinite(number := float(text)):
                return number
        except ValueError:
            return str(text)
        if kind == "bool":
            return bool(text.lower() == "true")
        if kind == "null":
            return None
        if kind in ("str", "timestamp", "float"):
            return str(text)
        raise self.source.refuse(node.start_mark.line + 1, "tags (!) are not allowed here")

    def expect(self, node: Node, kind: str) -> None:
        if node.tag != _CORE + kind:
            raise self.source.refuse(node.start_mark.line + 1, "tags (!) are not allowed here")
