"""Which models may be called directly, and which take an array in place of a data frame."""

import warnings
from typing import Any

import numpy as np

from notebench.serving.columns import ColumnPlan
from notebench.serving.forests import Call, quick_call
from notebench.serving.model import Served

_DIRECT = {"mlflow.sklearn", "mlflow.xgboost", "mlflow.lightgbm", "mlflow.catboost"}
"""Flavours whose predict function takes the enforced data frame and nothing else."""

_FREE_THREADED = {"mlflow.sklearn"}
"""Flavours whose predict function only reads the model."""

_BY_NAME = ("sklearn.compose.", "sklearn.preprocessing._function_transformer.")
"""Modules of scikit-learn whose estimators look at column names."""


def direct_call(served: Served) -> Call | None:
    """The model's own predict function, where calling it equals MLflow's with enforced data; else None."""
    schema = served.pyfunc.metadata.get_params_schema()
    if served.flavour not in _DIRECT or schema is not None:
        return None
    return getattr(served.pyfunc, "_predict_fn", None)


def thread_safe(served: Served) -> bool:
    """May several requests be predicted at the same time?"""
    return served.flavour in _FREE_THREADED


def short_way(served: Served) -> tuple[ColumnPlan, Call] | None:
    """How bodies become what the model takes, and what to call; None where only MLflow's way is right."""
    call = direct_call(served)
    plan = ColumnPlan.of(served.inputs, as_array=_array_is_enough(served)) if call else None
    if call is None or plan is None:
        return None
    if not plan.as_array:
        return plan, call
    if not _same_answers(call, call, plan):
        plan.as_array = False
        return plan, call
    quick = quick_call(_estimator(served), getattr(call, "__name__", ""), call)
    return plan, quick if quick and _same_answers(call, quick, plan) else call


def _estimator(served: Served) -> Any:
    return getattr(getattr(served.pyfunc, "_model_impl", None), "sklearn_model", None)


def _array_is_enough(served: Served) -> bool:
    """Nothing in the model looks at column names: all parts are scikit-learn's own."""
    estimator = _estimator(served)
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


def _same_answers(usual: Call, other: Call, plan: ColumnPlan) -> bool:
    """Try it: the same answer to a data frame as ever and to an array, or the array is not used."""
    frame = plan.sample()
    array = plan.convert("dataframe_split", {"columns": plan.names, "data": frame.to_numpy().tolist()})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return bool(np.array_equal(usual(frame), other(array)))
    except Exception:  # a model may raise anything; then it gets what it was trained with
        return False
