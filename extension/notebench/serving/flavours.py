"""Which models may be called directly, and which take an array in place of a data frame."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from notebench.serving.columns import ColumnPlan
from notebench.serving.model import Served

_DIRECT = {"mlflow.sklearn", "mlflow.xgboost", "mlflow.lightgbm", "mlflow.catboost"}
"""Flavours whose predict function takes the enforced data frame and nothing else."""

_FREE_THREADED = {"mlflow.sklearn"}
"""Flavours whose predict function only reads the model."""

_BY_NAME = ("sklearn.compose.", "sklearn.preprocessing._function_transformer.")
"""Modules of scikit-learn whose estimators look at column names."""


def direct_call(served: Served) -> Callable[[Any], Any] | None:
    """The model's own predict function, where calling it equals MLflow's with enforced data; else None."""
    schema = served.pyfunc.metadata.get_params_schema()
    if served.flavour not in _DIRECT or schema is not None:
        return None
    return getattr(served.pyfunc, "_predict_fn", None)


def thread_safe(served: Served) -> bool:
    """May several requests be predicted at the same time?"""
    return served.flavour in _FREE_THREADED


def plan(served: Served) -> ColumnPlan | None:
    """The short way for this model; None where only MLflow's own way is right."""
    call = direct_call(served)
    if call is None:
        return None
    found = ColumnPlan.of(served.inputs, as_array=_array_is_enough(served))
    if found and found.as_array and not _same_answers(call, found):
        found.as_array = False
    return found


def _array_is_enough(served: Served) -> bool:
    """Nothing in the model looks at column names: all parts are scikit-learn's own."""
    estimator = getattr(getattr(served.pyfunc, "_model_impl", None), "sklearn_model", None)
    if served.flavour != "mlflow.sklearn" or estimator is None:
        return False
    parts = [estimator, *estimator.get_params(deep=True).values()]
    parts += [part for value in parts if isinstance(value, list | tuple) for part in _flat(value)]
    return all(map(_blind_to_names, parts))


def _flat(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return [part for item in value for part in _flat(item)]
    return [value]


def _blind_to_names(part: Any) -> bool:
    if part is None or isinstance(part, str | int | float | list | tuple | dict | np.generic | np.ndarray):
        return True
    kind = type(part)
    if not hasattr(part, "get_params"):
        return not callable(part) or isinstance(part, type)
    module = kind.__module__ + "."
    own = module.startswith("sklearn.") and not module.startswith(_BY_NAME)
    return own and not hasattr(part, "_sklearn_output_config")


def _same_answers(call: Callable[[Any], Any], plan: ColumnPlan) -> bool:
    """Try it: the same answer to a data frame and to an array, or the array is not used."""
    frame = plan.sample()
    array = plan.convert("dataframe_split", {"columns": plan.names, "data": frame.to_numpy().tolist()})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return bool(np.array_equal(call(frame), call(array), equal_nan=False))
    except Exception:  # a model may raise anything; then it gets what it was trained with
        return False
