"""The short way from JSON to a model: numbers and words in named columns, converted once.

MLflow's own way (parse to objects, make a data frame, cast each column, enforce the schema) takes longer
than most models. `ColumnPlan` takes only what leaves no doubt: JSON numbers for numeric columns, text for
text, true and false for booleans. For all else it says None, and MLflow's own code converts, so that answers
and refusals are MLflow's.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd

_NUMERIC = {"double": np.float64, "float": np.float32, "long": np.int64, "integer": np.int32}
_EXACT = 2.0**53  # integers beyond this are not exact as floats
_KEPT_ORDERS = 64


class ColumnPlan:
    """How bodies with these columns become what the model takes: one array, or a data frame."""

    def __init__(self, types: Mapping[str, str], *, as_array: bool) -> None:
        self.names = list(types)
        self._types = types
        self._index = pd.Index(self.names)
        self._numeric = all(kind in _NUMERIC for kind in types.values())
        self._dtypes = [np.dtype(_NUMERIC[kind]) for kind in types.values() if kind in _NUMERIC]
        self._common = np.result_type(*self._dtypes) if self._dtypes else np.dtype(object)
        self._uniform = len(set(self._dtypes)) == 1
        self._integers = [i for i, dtype in enumerate(self._dtypes) if dtype.kind == "i"]
        self._limit = 2.0**31 if np.dtype(np.int32) in self._dtypes else _EXACT
        self.as_array = as_array and self._numeric
        self._pick = itemgetter(*self.names) if len(self.names) > 1 else _only(self.names[0])
        self._orders: dict[tuple[Any, ...], list[int] | None] = {}

    @classmethod
    def of(cls, schema: Any, *, as_array: bool) -> "ColumnPlan | None":
        """The plan for a schema of named, required, plain columns; None for any other."""
        if schema is None or schema.is_tensor_spec() or not schema.has_input_names() or not schema.inputs:
            return None
        types = {spec.name: getattr(spec.type, "name", "") for spec in schema.inputs}
        known = {*_NUMERIC, "string", "boolean"}
        mixed_floats = "float" in types.values() and len(set(types.values())) > 1
        plain = all(kind in known for kind in types.values()) and len(types) == len(schema.inputs)
        if not plain or mixed_floats or schema.optional_input_names():
            return None
        return cls(types, as_array=as_array)

    def convert(self, kind: str, value: Any) -> Any:
        """What the model takes, made of the body's `kind` entry; None where MLflow should decide."""
        reader = _READERS.get(kind)
        rows = reader(self, value) if reader else None
        if not rows:
            return None
        return self._matrix(rows) if self._numeric else self._frame(rows)

    def sample(self, rows: int = 3) -> "pd.DataFrame":
        """A data frame that the schema allows, to try the model with."""
        generator = np.random.default_rng(0)
        numbers = generator.uniform(0, 3, (rows, len(self.names)))
        return pd.DataFrame(
            {name: numbers[:, i].astype(dtype) for i, (name, dtype) in enumerate(self._pairs())}
        )

    def _pairs(self) -> list[tuple[str, Any]]:
        return list(zip(self.names, self._dtypes, strict=True))

    def _matrix(self, rows: Sequence[Any]) -> Any:
        try:
            matrix = np.array(rows)
        except (ValueError, OverflowError):
            return None
        if matrix.ndim != 2 or matrix.dtype.kind not in "if" or matrix.shape[1] != len(self.names):
            return None
        if self._integers and not self._whole(matrix[:, self._integers]):
            return None
        if self.as_array or self._uniform:
            # Column by column in memory, as in a data frame: sums come out the same to the last bit.
            matrix = matrix.astype(self._common, order="F", copy=False)
            return matrix if self.as_array else pd.DataFrame(matrix, columns=self._index, copy=False)
        return pd.DataFrame(
            {name: matrix[:, i].astype(dtype) for i, (name, dtype) in enumerate(self._pairs())}
        )

    def _whole(self, part: Any) -> bool:
        inside = bool((np.abs(part) < self._limit).all())  # False for NaN as well
        return inside and (part.dtype.kind == "i" or bool((part == np.floor(part)).all()))

    def _frame(self, rows: Sequence[Any]) -> Any:
        found: dict[str, Any] = {}
        if any(len(row) != len(self.names) for row in rows):
            return None
        for name, values in zip(self.names, zip(*rows, strict=True), strict=True):
            column = self._column(self._types[name], values)
            if column is None:
                return None
            found[name] = column
        return pd.DataFrame(found)

    def _column(self, kind: str, values: Sequence[Any]) -> Any:
        if kind == "string":
            return list(values) if all(type(value) is str for value in values) else None
        if kind == "boolean":
            return np.array(values) if all(type(value) is bool for value in values) else None
        if not all(type(value) in (int, float) for value in values):
            return None
        array = np.array(values)
        dtype = np.dtype(_NUMERIC[kind])
        if array.dtype.kind not in "if" or (dtype.kind == "i" and not self._whole(array)):
            return None
        return array.astype(dtype, copy=False)

    def _split(self, value: Any) -> Sequence[Any] | None:
        if not isinstance(value, dict) or not value.keys() <= {"columns", "data"}:
            return None  # an index may end up in the answer
        columns, data = value.get("columns"), value.get("data")
        if not isinstance(columns, list) or not isinstance(data, list):
            return None
        if columns == self.names:
            return data if all(type(row) is list for row in data) else None
        order = self._order(columns)
        if order is None or any(type(row) is not list or len(row) != len(columns) for row in data):
            return None
        return [[row[i] for i in order] for row in data]

    def _order(self, columns: list[Any]) -> list[int] | None:
        """Where each of our columns is among the body's; None where one is missing or there twice."""
        try:
            key = tuple(columns)
            if key not in self._orders:
                if len(self._orders) >= _KEPT_ORDERS:
                    self._orders.clear()
                unique = len(set(key)) == len(key)
                missing = not set(self.names) <= set(key)
                self._orders[key] = None if missing or not unique else [key.index(n) for n in self.names]
            return self._orders[key]
        except TypeError:
            return None

    def _records(self, value: Any) -> Sequence[Any] | None:
        if not isinstance(value, list):
            return None
        try:
            return [self._pick(record) for record in value]
        except (KeyError, TypeError):
            return None

    def _instances(self, value: Any) -> Sequence[Any] | None:
        # MLflow wants the columns in `instances` to be of one length, extra ones included.
        if not isinstance(value, list) or any(
            type(r) is not dict or len(r) != len(self.names) for r in value
        ):
            return None
        return self._records(value)

    def _inputs(self, value: Any) -> Sequence[Any] | None:
        if type(value) is not dict or len(value) != len(self.names):
            return None
        columns = [value.get(name) for name in self.names]
        if any(type(column) is not list for column in columns) or len({len(c) for c in columns if c}) != 1:
            return None
        return list(zip(*columns, strict=True)) if all(columns) else None


def _only(name: str) -> Callable[[Any], list[Any]]:
    def pick(record: Any) -> list[Any]:
        return [record[name]]

    return pick


_READERS: dict[str, Callable[[ColumnPlan, Any], Sequence[Any] | None]] = {
    "dataframe_split": ColumnPlan._split,
    "dataframe_records": ColumnPlan._records,
    "instances": ColumnPlan._instances,
    "inputs": ColumnPlan._inputs,
}
