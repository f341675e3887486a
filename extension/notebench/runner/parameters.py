"""Parameters arrive in the notebook equal to what was given, or the run is refused; they are never code."""

import ast
import math
from collections.abc import Mapping
from typing import Any

from notebench.contract.errors import Refused
from notebench.contract.runs import is_parameter_name

_DEPTH = 20


def check_parameters(parameters: Mapping[str, Any]) -> None:
    """Refuse names that are not plain variable names and values that are not JSON."""
    for name, value in parameters.items():
        if not isinstance(name, str) or not is_parameter_name(name):
            raise Refused(
                "{name} cannot be the name of a parameter.",
                "Use letters, digits and single underscores, as in a Python variable's name.",
                code="parameter-name",
                field="parameters",
                name=repr(name)[:120],
            )
        if not _plain(value):
            raise Refused(
                "The value of the parameter {name} cannot be passed to a notebook.",
                "Use text, numbers, true, false, null, lists and mappings with text as keys.",
                code="parameter-value",
                field="parameters",
                name=name,
            )


def check_source(source: str, parameters: Mapping[str, Any]) -> None:
    """Refuse what papermill wrote into the notebook unless each line assigns exactly the given value."""
    try:
        found = dict(_assignment(node) for node in ast.parse(source).body)
        equal = list(found) == list(parameters) and all(
            _same(found[name], parameters[name]) for name in parameters
        )
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        equal = False
    if not equal:
        raise Refused(
            "A parameter would not arrive in the notebook as it was given.",
            "Change unusual text in the values, or pass it through a file.",
            code="parameter-value",
            field="parameters",
        )


def _assignment(node: ast.stmt) -> tuple[str, Any]:
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name, _value(value)
    raise ValueError(node)


def _value(node: ast.expr) -> Any:
    match node:
        case ast.Call(func=ast.Name(id="float"), args=[ast.Constant(value=str(word))], keywords=[]):
            return float(word)
        case ast.Dict(keys=keys, values=values):
            return {_value(key): _value(value) for key, value in zip(keys, values, strict=True) if key}
        case ast.List(elts=items):
            return [_value(item) for item in items]
    return ast.literal_eval(node)


def _plain(value: Any, depth: int = 0) -> bool:
    if depth > _DEPTH:
        return False
    if isinstance(value, dict):
        return all(isinstance(key, str) and _plain(item, depth + 1) for key, item in value.items())
    if isinstance(value, list):
        return all(_plain(item, depth + 1) for item in value)
    return value is None or isinstance(value, str | bool | int | float)


def _same(left: Any, right: Any) -> bool:
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return list(left) == list(right) and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(_same, left, right))
    if isinstance(left, float) and math.isnan(left):
        return math.isnan(right)
    return bool(left == right)
