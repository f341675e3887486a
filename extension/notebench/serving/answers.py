"""Predictions as JSON, with the values that MLflow's scoring server gives; not-a-number becomes null."""

import math
from typing import Any

import numpy as np
import orjson
import pandas as pd

_OPTIONS = orjson.OPT_NON_STR_KEYS


def jsonable(predictions: Any) -> Any:
    """Predictions in the shape of MLflow's answer: lists, or a list of records for data frames."""
    if isinstance(predictions, np.ndarray):
        return predictions.tolist()
    if isinstance(predictions, pd.Series):
        predictions = predictions.to_frame()
    if isinstance(predictions, pd.DataFrame):
        return predictions.to_dict(orient="records")
    return predictions


def dump(body: Any) -> bytes:
    """JSON of a body that may hold whatever models answer with. Raises TypeError for what has no JSON."""
    return orjson.dumps(body, default=_default, option=_OPTIONS)


def _default(value: Any) -> Any:
    from mlflow.utils.proto_json_utils import NumpyEncoder

    if isinstance(value, np.generic) and not isinstance(value, np.datetime64):
        plain = value.item()
        return None if isinstance(plain, float) and math.isnan(plain) else plain
    converted, done = NumpyEncoder().try_convert(value)
    if not done:
        raise TypeError(f"{type(value).__name__} has no JSON")
    return converted
