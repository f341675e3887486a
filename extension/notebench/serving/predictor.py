"""From a body to predictions: the short way where it is safe, MLflow's own way for everything else."""

import json
import logging
import warnings
from io import StringIO
from typing import Any

import orjson

from notebench.contract.errors import NotebenchError, Refused
from notebench.serving import flavours
from notebench.serving.answers import dump, jsonable
from notebench.serving.explain import explain_refusal, model_failed
from notebench.serving.model import Served

FORMATS = ("dataframe_split", "dataframe_records", "instances", "inputs")
_UNFRAMED = ("messages", "prompt", "input")  # language models' bodies, without a frame around
_EXACT_BELOW = 1 << 20  # bytes
_log = logging.getLogger("notebench.serving")

# The array of the short way carries no names on purpose; see flavours.
warnings.filterwarnings("ignore", message="X does not have valid feature names")


class Predictor:
    """Answers bodies in MLflow's formats with one model."""

    def __init__(self, served: Served) -> None:
        self.served = served
        way = flavours.short_way(served)
        self.plan = way[0] if way else None
        self._call = way[1] if way else None
        self._schema = served.inputs

    def invoke_json(self, body: bytes) -> bytes:
        """The answer to a JSON body of `/invocations`. Raises Refused or NotebenchError."""
        found = parse(body)
        unified, predictions = self.predict(found, body)
        answer = jsonable(predictions)
        return _dumped(answer if unified else {"predictions": answer})

    def invoke_csv(self, body: bytes) -> bytes:
        """The answer to a CSV body of `/invocations`. Raises Refused or NotebenchError."""
        from mlflow.pyfunc.scoring_server import parse_csv_input

        try:
            text = body.decode()
        except UnicodeDecodeError as error:
            raise Refused("The body is not UTF-8.", "Send CSV in UTF-8.", code="csv") from error
        try:
            data = parse_csv_input(StringIO(text), self._schema)
        except Exception as error:  # pandas and MLflow raise many kinds
            raise explain_refusal(error, self._schema, _csv_columns(text)) from error
        return _dumped({"predictions": jsonable(self._by_the_book(data, None))})

    def predict(self, body: dict[str, Any], raw: bytes = b"") -> tuple[bool, Any]:
        """Whether the answer goes without its frame (language models' formats), and the predictions.

        `raw` is the text of the body, where it came as JSON in one of MLflow's formats.
        """
        if self.plan and self._call and len(body) == 1:
            (kind, value), *_ = body.items()
            data = self.plan.convert(kind, value)
            if data is not None:
                try:
                    return False, self._call(data)
                except Exception as error:  # whatever the model raises
                    _log.warning("The model failed on an input.", exc_info=True)
                    raise model_failed(error) from error
        # Python's JSON keeps integers beyond 64 bits, which orjson turns into floats.
        return self._long_way(_lenient(raw) if 0 < len(raw) < _EXACT_BELOW else body)

    def _long_way(self, body: dict[str, Any]) -> tuple[bool, Any]:
        from mlflow.pyfunc.scoring_server import _parse_json_data

        columns = columns_of(body)
        if sum(kind in body for kind in FORMATS) != 1 and not any(kind in body for kind in _UNFRAMED):
            raise Refused(
                "The body has none of the known formats, or more than one.",
                "Send one of {formats}.",
                code="format",
                formats=", ".join(FORMATS),
            )
        try:
            parsed = _parse_json_data(dict(body), self.served.pyfunc.metadata, self._schema)
        except Exception as error:  # MLflow lets some of Python's own errors through
            raise explain_refusal(error, self._schema, columns) from error
        return parsed.is_unified_llm_input, self._by_the_book(parsed.data, parsed.params, columns)

    def _by_the_book(self, data: Any, params: Any, columns: dict[str, Any] | None = None) -> Any:
        from mlflow.exceptions import MlflowException

        try:
            return self.served.pyfunc.predict(data, params=params)
        except MlflowException as error:
            raise explain_refusal(error, self._schema, columns or {}) from error
        except Exception as error:  # whatever the model raises
            _log.warning("The model failed on an input.", exc_info=True)
            raise model_failed(error) from error


def parse(body: bytes) -> dict[str, Any]:
    """The body's JSON object. Raises Refused."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        found = _lenient(body)
    if not isinstance(found, dict):
        raise Refused(
            "The body is not a JSON object.",
            "Send one of dataframe_split, dataframe_records, instances or inputs.",
            code="json",
        )
    return found


def _lenient(body: bytes) -> Any:
    """Python's JSON, which knows NaN and Infinity as MLflow does."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(
            "The body is not JSON: {problem}.",
            "Check its quotes, commas and brackets.",
            code="json",
            problem=str(error)[:200],
        ) from error


def columns_of(body: dict[str, Any]) -> dict[str, Any]:
    """The body's values by column, as far as they can be told: only used to say which one was wrong."""
    for kind in FORMATS:
        value = body.get(kind)
        if kind == "dataframe_split" and isinstance(value, dict):
            names, data = value.get("columns"), value.get("data")
            if isinstance(names, list) and isinstance(data, list):
                rows = [row for row in data if isinstance(row, list) and len(row) == len(names)]
                return {str(name): [row[i] for row in rows] for i, name in enumerate(names)}
        if isinstance(value, list) and any(isinstance(record, dict) for record in value):
            records = [record for record in value if isinstance(record, dict)]
            names = {str(name): None for record in records for name in record}
            return {name: [record[name] for record in records if name in record] for name in names}
        if isinstance(value, dict):
            return {str(n): v if isinstance(v, list) else [v] for n, v in value.items()}
    return {}


def _csv_columns(text: str) -> dict[str, Any]:
    """The columns of a refused CSV body, for the explanation; none where it cannot even be read so far."""
    import csv

    try:
        rows = list(csv.reader(StringIO(text[:1_000_000], newline=None)))
    except csv.Error:  # a field above the module's limit
        return {}
    names = rows[0] if rows else []
    return {name: [row[i] for row in rows[1:] if len(row) > i] for i, name in enumerate(names)}


def _dumped(answer: Any) -> bytes:
    try:
        return dump(answer)
    except TypeError as error:
        raise NotebenchError(
            "The model's answer has no JSON: {problem}.",
            "Let the model answer with numbers or text.",
            code="model-answer",
            problem=str(error)[:200],
        ) from error
