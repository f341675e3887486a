"""Forests without their scaffolding: the same trees in the same order, minus a thread pool for each request.

scikit-learn hands every tree to joblib, also where one thread works on one row; that takes ten times as long
as the trees do. Only used for plain forests with one output, for few rows, and after it gave
the same answers in a trial.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

_FORESTS = {"RandomForestClassifier", "ExtraTreesClassifier", "RandomForestRegressor", "ExtraTreesRegressor"}
_FEW = 256  # rows; for more, threads begin to pay
_TRIED_FROM = (1, 3)  # since this scikit-learn, trees keep proportions instead of counts

Call = Callable[[Any], Any]


def quick_call(estimator: Any, method: str, usual: Call) -> Call | None:
    """`usual` made quick, where the estimator is a forest or a pipeline that ends in one; else None."""
    if not _version_fits():
        return None
    steps = getattr(estimator, "steps", None)
    if type(estimator).__name__ == "Pipeline" and steps and len(steps) > 1:
        quick, before = _forest(steps[-1][1], method), estimator[:-1].transform
    else:
        quick, before = _forest(estimator, method), None
    if quick is None:
        return None

    def call(data: Any) -> Any:
        if len(data) > _FEW:
            return usual(data)
        return quick(before(data) if before else data)

    return call


def _version_fits() -> bool:
    import sklearn

    parts = sklearn.__version__.split(".")[:2]
    return all(part.isdigit() for part in parts) and tuple(map(int, parts)) >= _TRIED_FROM


def _forest(forest: Any, method: str) -> Call | None:
    kind = type(forest)
    known = kind.__name__ in _FORESTS and kind.__module__ == "sklearn.ensemble._forest"
    if not known or forest.n_outputs_ != 1 or method not in ("predict", "predict_proba"):
        return None
    trees = [one.tree_.predict for one in forest.estimators_]
    prepare = forest._validate_X_predict
    if kind.__name__.endswith("Regressor"):
        return _regressor(trees, prepare) if method == "predict" else None
    return _classifier(trees, prepare, forest.classes_, proba=method == "predict_proba")


def _regressor(trees: list[Call], prepare: Call) -> Call:
    def call(data: Any) -> Any:
        rows = prepare(data)
        total = np.zeros(rows.shape[0], dtype=np.float64)
        for tree in trees:
            total += tree(rows)[:, 0]
        total /= len(trees)
        return total

    return call


def _classifier(trees: list[Call], prepare: Call, classes: Any, *, proba: bool) -> Call:
    def call(data: Any) -> Any:
        rows = prepare(data)
        total = np.zeros((rows.shape[0], len(classes)), dtype=np.float64)
        for tree in trees:
            total += tree(rows)[:, : len(classes)]
        total /= len(trees)
        return total if proba else classes.take(np.argmax(total, axis=1), axis=0)

    return call
