"""Values of `-p name=value`, typed as papermill's command line does, and JSON for what that cannot say."""

import json
import re
from typing import Any

import typer

from notebench.words import say

_WORDS: dict[str, Any] = {
    "true": True, "false": False, "True": True, "False": False,
    "none": None, "None": None, "null": None,
}  # fmt: skip
_INTEGER = re.compile(r"[+-]?\d+")
_FLOAT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(inf|nan)")


def typed(text: str) -> Any:
    """The value that people mean: true, 3, 0.5, [1, 2], {"a": 1}, "3" in quotes as text, else text."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if text[:1] in ('"', "[", "{"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def parameters(words: list[str] | None) -> dict[str, Any]:
    """The mapping that repeated `-p name=value` describe. Raises typer.BadParameter without `=`."""
    found: dict[str, Any] = {}
    for word in words or []:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise typer.BadParameter(say("{word} is not NAME=VALUE.", word=repr(word)))
        found[name] = typed(value)
    return found
