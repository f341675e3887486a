"""A model's signature and input example, from its `MLmodel` file: what a form needs. Pure.

The file was written by whoever logged the model: it is read as data, and what makes no sense is left out.
"""

import json
from typing import Any, Final

from notebench.contract.tracking import Column, Signature
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

LARGEST: Final = 2**20
"""Bytes of an `MLmodel` file or an example that are read."""
_MOST_COLUMNS: Final = 2000


def example_path(mlmodel: bytes) -> str:
    """Name of the file that holds the example as a body for `/invocations`; empty where there is none."""
    info = _load(mlmodel).get("saved_input_example_info")
    path = info.get("serving_input_path") if isinstance(info, dict) else None
    return path if isinstance(path, str) else ""


def read(mlmodel: bytes, example: bytes = b"") -> Signature:
    """The signature, with values from the example."""
    signature = _load(mlmodel).get("signature")
    inputs = _json(signature.get("inputs")) if isinstance(signature, dict) else None
    columns = [one for one in inputs if isinstance(one, dict)] if isinstance(inputs, list) else []
    body = _json(example) if example else None
    first = _first_row(body)
    if len(columns) == 1 and not columns[0].get("name"):
        return Signature(tensor=_shape(columns[0]), example=body)
    return Signature(
        inputs=[
            Column(
                name=str(one.get("name", f"{index}")),
                type=_type(one),
                required=bool(one.get("required", True)),
                example=first.get(str(one.get("name", f"{index}"))),
            )
            for index, one in enumerate(columns[:_MOST_COLUMNS])
        ],
        example=body,
    )


def _load(mlmodel: bytes) -> dict[str, Any]:
    try:
        said = YAML(typ="safe", pure=True).load(mlmodel[:LARGEST].decode("utf-8", "replace"))
    except (YAMLError, ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _json(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return None


def _type(column: dict[str, Any]) -> str:
    spec = column.get("tensor-spec")
    if isinstance(spec, dict):
        return str(spec.get("dtype", "tensor"))
    return str(column.get("type", ""))


def _shape(column: dict[str, Any]) -> list[int] | None:
    spec = column.get("tensor-spec")
    shape = spec.get("shape") if isinstance(spec, dict) else None
    if not isinstance(shape, list) or not all(isinstance(side, int) for side in shape):
        return None
    return shape


def _first_row(body: Any) -> dict[str, Any]:
    """The first row of a body for `/invocations`, by column."""
    if not isinstance(body, dict):
        return {}
    split = body.get("dataframe_split")
    if isinstance(split, dict):
        names, rows = split.get("columns"), split.get("data")
        if isinstance(names, list) and isinstance(rows, list) and rows and isinstance(rows[0], list):
            return dict(zip(map(str, names), rows[0], strict=False))
    records = body.get("dataframe_records")
    if isinstance(records, list) and records and isinstance(records[0], dict):
        return records[0]
    inputs = body.get("inputs")
    if isinstance(inputs, dict):
        return {
            key: value[0] if isinstance(value, list) and value else value for key, value in inputs.items()
        }
    return {}
