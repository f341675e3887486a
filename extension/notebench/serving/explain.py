"""Why an input was refused, naming the column: what MLflow's errors mean, said for people."""

from typing import Any

import numpy as np
import pandas as pd

from notebench.contract.errors import NotebenchError, Refused
from notebench.words import N_

_TRIES: dict[str, Any] = {
    "double": np.float64,
    "float": np.float32,
    "long": np.int64,
    "integer": np.int32,
    "boolean": np.bool_,
}
_NUMBER = N_("The input {field_name} must be a number.")
_WHOLE = N_("The input {field_name} must be a whole number.")
_OTHER = N_("The input {field_name} does not fit its type.")
_SENTENCES = {
    "double": _NUMBER,
    "float": _NUMBER,
    "long": _WHOLE,
    "integer": _WHOLE,
    "boolean": N_("The input {field_name} must be true or false."),
    "string": N_("The input {field_name} must be text."),
    "datetime": N_("The input {field_name} must be a date and time."),
}


def explain_refusal(error: Exception, schema: Any, columns: dict[str, Any]) -> Refused:
    """The refusal that an error of MLflow's stands for; `columns` are the body's values by column."""
    named = schema is not None and schema.has_input_names()
    if named and columns:
        for name in schema.required_input_names():
            if name not in columns:
                return Refused(
                    "The input {field_name} is missing.",
                    "The model takes: {names}.",
                    code="input-missing",
                    field=name,
                    field_name=name,
                    names=_list(schema.input_names()),
                )
        for spec in schema.inputs:
            kind = getattr(spec.type, "name", str(spec.type))
            if spec.name in columns and not _fits(kind, columns[spec.name]):
                return Refused(
                    _SENTENCES.get(kind, _OTHER),
                    "Check its values.",
                    code="input-type",
                    field=spec.name,
                    field_name=spec.name,
                )
    if named and not columns:
        return Refused(
            "The model takes named columns, and the body has none.",
            "Send dataframe_records or dataframe_split with: {names}.",
            code="input-names",
            names=_list(schema.input_names()),
        )
    return Refused(
        "The body does not fit the model: {problem}",
        "Send one of dataframe_split, dataframe_records, instances or inputs.",
        code="input",
        problem=_short(error),
    )


def _fits(kind: str, values: list[Any]) -> bool:
    try:
        if kind == "datetime":
            pd.to_datetime(pd.Series(values))
        elif kind in _TRIES:
            if kind in ("long", "integer") and any(value is None for value in values):
                return False
            pd.Series(values).astype(_TRIES[kind])
        elif kind == "string":
            return all(value is None or isinstance(value, str) for value in values)
    except (ValueError, TypeError, OverflowError):
        return False
    return True


def model_failed(error: Exception) -> NotebenchError:
    """What a model's own exception becomes: the sender's mistake where Python's words for values say so."""
    kind: type[NotebenchError] = (
        Refused if isinstance(error, ValueError | TypeError | KeyError) else NotebenchError
    )
    return kind(
        "The model failed on this input: {name}: {problem}",
        "Check the values; the model server's log has the whole story.",
        code="model-failed",
        name=type(error).__name__,
        problem=_short(error),
    )


def _list(names: list[str]) -> str:
    shown = ", ".join(map(str, names[:30]))
    return shown + (", …" if len(names) > 30 else "")


def _short(error: Exception) -> str:
    """The error's message on one line; without MLflow's copy of the traceback and of the data."""
    text = str(getattr(error, "message", None) or error)
    text = text.rsplit("Error: ", 1)[-1] if "Failed to enforce schema" in text else text
    return " ".join(text.split())[:400]
