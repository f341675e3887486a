"""Real models of every shape that data scientists log, saved once for all tests of the model server."""

from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.models import ModelSignature, infer_signature
from mlflow.types import ColSpec, Schema, TensorSpec
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_diabetes, load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


class Echo(mlflow.pyfunc.PythonModel):
    """Answers with what arrived: values and types."""

    def predict(self, context, model_input, params=None):
        types = [str(kind) for kind in model_input.dtypes]
        return {"values": model_input.astype(str).to_numpy().tolist(), "types": types, "params": params or {}}


class Broken(mlflow.pyfunc.PythonModel):
    """Fails on every input."""

    def predict(self, context, model_input, params=None):
        raise RuntimeError("secret-free but unexpected")


def _wine(folder: Path) -> None:
    x, y = load_wine(return_X_y=True, as_frame=True)
    _sklearn(make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)).fit(x, y), x, folder / "wine")
    _sklearn(RandomForestClassifier(10, random_state=0).fit(x, y), x, folder / "forest")
    model = LogisticRegression(max_iter=3000).fit(x, y)
    signature = infer_signature(x, model.predict_proba(x))
    mlflow.sklearn.save_model(model, folder / "proba", signature=signature, pyfunc_predict_fn="predict_proba")


def _sklearn(model: object, x: pd.DataFrame, folder: Path) -> None:
    mlflow.sklearn.save_model(
        model,
        folder,
        signature=infer_signature(x, model.predict(x)),
        input_example=x[:2],
        serialization_format="cloudpickle",
    )


def _mixed(folder: Path) -> None:
    """Numbers, whole numbers, text and truth."""
    x = pd.DataFrame(
        {
            "age": [30, 41, 50, 29],
            "pay": [1.5, 2.5, 0.5, 3.5],
            "town": ["a", "b", "a", "c"],
            "on": [True, False] * 2,
        }
    )
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["town"]),
        (StandardScaler(), ["age", "pay"]),
        remainder="passthrough",
    )
    _sklearn(make_pipeline(columns, LinearRegression()).fit(x, [1.0, 2.0, 3.0, 4.0]), x, folder / "mixed")
    numbers = pd.DataFrame({"n": [1, 2, 3, 4], "x": [0.5, 1.5, 2.5, 3.5], "s": np.float32([1, 2, 3, 4])})
    _sklearn(
        LinearRegression().fit(numbers[["n", "x"]], [1, 2, 3, 4]), numbers[["n", "x"]], folder / "numbers"
    )
    mlflow.pyfunc.save_model(folder / "echo", python_model=Echo(), signature=infer_signature(x))
    typed = ModelSignature(
        Schema(
            [
                ColSpec("double", "d"),
                ColSpec("float", "f"),
                ColSpec("long", "l"),
                ColSpec("integer", "i"),
                ColSpec("string", "s"),
                ColSpec("boolean", "b"),
                ColSpec("datetime", "t", required=False),
            ]
        )
    )
    mlflow.pyfunc.save_model(folder / "typed", python_model=Echo(), signature=typed)
    mlflow.pyfunc.save_model(folder / "broken", python_model=Broken())


def _tensor(folder: Path) -> None:
    x, y = load_diabetes(return_X_y=True)
    model = LinearRegression().fit(x, y)
    signature = ModelSignature(Schema([TensorSpec(np.dtype("float64"), (-1, 10))]))
    mlflow.sklearn.save_model(model, folder / "tensor", signature=signature)
    mlflow.sklearn.save_model(model, folder / "unsigned")


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one saved model per name."""
    folder = tmp_path_factory.mktemp("models")
    _wine(folder)
    _mixed(folder)
    _tensor(folder)
    return folder
