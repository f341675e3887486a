"""Data as a body for `/invocations`: whatever people hold, in one of MLflow's formats."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from notebench.contract.errors import Refused

Table = Any
"""A pandas data frame or series, a numpy array, records, lists of numbers, or one of MLflow's bodies."""

_FORMATS = ("dataframe_split", "dataframe_records", "instances", "inputs", "messages", "prompt")


def invocation_body(data: Table, params: Mapping[str, Any] | None = None) -> bytes:
    """The body as JSON. Raises Refused for data that is none of these."""
    body = {**_format(data), **({"params": dict(params)} if params else {})}
    return json.dumps(body, default=_plain).encode()


def _format(data: Table) -> dict[str, Any]:
    if hasattr(data, "to_frame") and not hasattr(data, "columns"):
        data = data.to_frame().T
    if hasattr(data, "columns") and hasattr(data, "to_dict"):
        split = data.astype(object).where(data.notna(), None).to_dict(orient="split")
        return {"dataframe_split": {"columns": split["columns"], "data": split["data"]}}
    if hasattr(data, "tolist"):
        return {"inputs": data.tolist()}
    if isinstance(data, Mapping):
        if any(key in data for key in _FORMATS):
            return dict(data)
        columns = all(isinstance(value, Sequence) and not isinstance(value, str) for value in data.values())
        return {"inputs": dict(data)} if columns else {"dataframe_records": [dict(data)]}
    if isinstance(data, Sequence) and not isinstance(data, str | bytes):
        records = bool(data) and all(isinstance(item, Mapping) for item in data)
        return {"dataframe_records" if records else "inputs": list(data)}
    raise Refused(
        "A {kind} cannot be sent to a model.",
        "Pass a data frame, an array, a list of records or lists of numbers.",
        code="data-kind",
        kind=type(data).__name__,
    )


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if hasattr(value, "item"):
        return value.item()
    if hasattr(value, "tolist"):
        return value.tolist()
    raise Refused(
        "A {kind} cannot be sent to a model.",
        "Turn it into text or a number.",
        code="data-kind",
        kind=type(value).__name__,
    )
