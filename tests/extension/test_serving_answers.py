"""The model server's answers equal those of MLflow's own scoring server, on both of its ways."""

import json
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mlflow.exceptions import MlflowException
from mlflow.pyfunc.scoring_server import invocations
from notebench.contract.errors import NotebenchError
from notebench.serving.forests import quick_call
from notebench.serving.model import load
from notebench.serving.predictor import Predictor

WINE = [14.23, 1.71, 2.43, 15.6, 127.0, 2.8, 3.06, 0.28, 2.29, 5.64, 1.04, 3.92, 1065.0]


@pytest.fixture(scope="session")
def predictors(models: Path):
    kept: dict[str, Predictor] = {}

    def of(name: str) -> Predictor:
        if name not in kept:
            kept[name] = Predictor(load(str(models / name)))
        return kept[name]

    return of


def theirs(predictor: Predictor, body: bytes, kind: str = "application/json"):
    """MLflow's answer: the JSON, or "refused"."""
    pyfunc = predictor.served.pyfunc
    try:
        answer = invocations(body, kind, pyfunc, pyfunc.metadata.get_input_schema())
    except (MlflowException, ValueError, TypeError, OverflowError):  # it lets pandas' errors through
        return "refused"
    return json.loads(answer.response) if answer.status == 200 else "refused"


def ours(predictor: Predictor, body: bytes):
    """Our answer: the JSON, or "refused"."""
    try:
        return json.loads(predictor.invoke_json(body))
    except NotebenchError:
        return "refused"


def wine_bodies(names: list[str]) -> dict[str, object]:
    rows = [WINE, [value + 0.5 for value in WINE], [int(value) for value in WINE]]
    records = [dict(zip(names, row, strict=True)) for row in rows]
    shuffled = list(reversed(names))
    return {
        "split": {"dataframe_split": {"columns": names, "data": rows}},
        "split, index": {"dataframe_split": {"columns": names, "index": [3, 1, 2], "data": rows}},
        "split, other order": {"dataframe_split": {"columns": shuffled, "data": [row[::-1] for row in rows]}},
        "split, extra": {
            "dataframe_split": {"columns": [*names, "more"], "data": [[*row, "x"] for row in rows]}
        },
        "split, twice": {
            "dataframe_split": {"columns": [*names, names[0]], "data": [[*r, 1.0] for r in rows]}
        },
        "split, missing": {"dataframe_split": {"columns": names[1:], "data": [row[1:] for row in rows]}},
        "split, no names": {"dataframe_split": {"data": rows}},
        "split, no rows": {"dataframe_split": {"columns": names, "data": []}},
        "split, ragged": {"dataframe_split": {"columns": names, "data": [rows[0], rows[1][:5]]}},
        "split, word": {"dataframe_split": {"columns": names, "data": [["abc", *WINE[1:]]]}},
        "split, number as word": {"dataframe_split": {"columns": names, "data": [["1.5", *WINE[1:]]]}},
        "split, truth": {"dataframe_split": {"columns": names, "data": [[True, *WINE[1:]]]}},
        "split, null": {"dataframe_split": {"columns": names, "data": [[None, *WINE[1:]]]}},
        "split, nested": {"dataframe_split": {"columns": names, "data": [[[1], *WINE[1:]]]}},
        "split, huge": {"dataframe_split": {"columns": names, "data": [[2**70, *WINE[1:]]]}},
        "split, list": {"dataframe_split": rows},
        "records": {"dataframe_records": records},
        "records, sparse": {"dataframe_records": [records[0], {names[0]: 1.0}]},
        "records, extra": {"dataframe_records": [{**record, "more": 1} for record in records]},
        "records, dict": {"dataframe_records": records[0]},
        "records, empty": {"dataframe_records": []},
        "instances": {"instances": records},
        "instances, rows": {"instances": rows},
        "instances, uneven": {"instances": [records[0], {names[0]: 1.0}]},
        "inputs": {"inputs": {name: [row[i] for row in rows] for i, name in enumerate(names)}},
        "inputs, scalars": {"inputs": records[0]},
        "inputs, rows": {"inputs": rows},
        "inputs, uneven": {"inputs": {**{name: [1.0, 2.0] for name in names}, names[0]: [1.0]}},
        "two formats": {"instances": records, "inputs": records},
        "no format": {"data": rows},
        "params": {"dataframe_records": records, "params": {"a": 1}},
        "other keys": {"dataframe_records": records, "other": 1},
    }


@pytest.mark.parametrize("model", ["wine", "forest", "proba"])
def test_every_format_is_answered_as_mlflow_answers(predictors, model):
    predictor = predictors(model)
    assert predictor.plan is not None
    assert predictor.plan.as_array
    for title, body in wine_bodies(predictor.plan.names).items():
        data = json.dumps(body).encode()
        assert ours(predictor, data) == theirs(predictor, data), title


@pytest.mark.parametrize("kind", ["RandomForest", "ExtraTrees"])
@pytest.mark.parametrize("task", ["Classifier", "Regressor"])
@pytest.mark.parametrize("method", ["predict", "predict_proba"])
@pytest.mark.parametrize("scaled", [False, True])
def test_forests_are_quick_and_the_same(kind, task, method, scaled):
    from sklearn import ensemble
    from sklearn.datasets import load_wine
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x, y = load_wine(return_X_y=True)
    forest = getattr(ensemble, kind + task)(30, random_state=1)
    model = (make_pipeline(StandardScaler(), forest) if scaled else forest).fit(x, y)
    usual = getattr(model, method, None)
    quick = quick_call(model, method, usual)
    if usual is None:
        assert quick is None
        return
    noisy = x * np.random.default_rng(0).uniform(0.5, 1.5, x.shape)
    for rows in (x, noisy, x[:1]):
        assert np.array_equal(usual(rows), quick(rows))
    for wrong in (x[:, :3], np.array([["a"] * 13])):
        with pytest.raises(ValueError, match=r"features|convert"):
            quick(wrong)
    assert quick_call(object(), method, usual) is None


def test_nan_of_python_is_read_as_mlflow_reads_it(predictors):
    predictor = predictors("forest")
    body = {"dataframe_split": {"columns": predictor.plan.names, "data": [[float("nan"), *WINE[1:]]]}}
    data = json.dumps(body).encode()
    assert b"NaN" in data
    assert ours(predictor, data) == theirs(predictor, data)


def test_csv_is_answered_as_mlflow_answers(predictors):
    predictor = predictors("wine")
    text = ",".join(predictor.plan.names) + "\n" + ",".join(map(str, WINE)) + "\n"
    answer = json.loads(predictor.invoke_csv(text.encode()))
    assert answer == theirs(predictor, text.encode(), "text/csv")


MIXED = {"age": 33, "pay": 1.25, "town": "b", "on": True}


@pytest.mark.parametrize("model", ["mixed", "echo"])
def test_columns_of_many_types(predictors, model):
    predictor = predictors(model)
    names = list(MIXED)
    odd = [
        {},
        {"age": 33.0},
        {"age": 33.5},
        {"age": "33"},
        {"age": None},
        {"age": 2**53 + 1},
        {"age": -7},
        {"age": True},
        {"pay": 1},
        {"pay": "1.5"},
        {"pay": "x"},
        {"pay": None},
        {"pay": False},
        {"town": "new"},
        {"town": ""},
        {"town": 5},
        {"town": None},
        {"town": "ü\n\"'"},
        {"on": False},
        {"on": 1},
        {"on": "yes"},
        {"on": None},
    ]
    for change in odd:
        record = {**MIXED, **change}
        for body in (
            {"dataframe_records": [record, MIXED]},
            {"dataframe_split": {"columns": names, "data": [[record[name] for name in names]]}},
            {"inputs": {name: [record[name], MIXED[name]] for name in names}},
            {"instances": [record]},
        ):
            data = json.dumps(body).encode()
            assert same(ours(predictor, data), theirs(predictor, data)), body


def test_answers_are_equal_to_the_last_bit(predictors):
    generator = np.random.default_rng(3)
    for model in ("numbers", "proba", "wine"):
        predictor = predictors(model)
        for rows in (1, 2, 3, 7, 50, 300):
            values = generator.normal(0, 100, (rows, len(predictor.plan.names)))
            if model == "numbers":
                values[:, 0] = np.round(values[:, 0])
            body = {"dataframe_split": {"columns": predictor.plan.names, "data": values.tolist()}}
            data = json.dumps(body).encode()
            assert ours(predictor, data) == theirs(predictor, data), (model, rows)


def test_models_that_look_at_names_get_a_data_frame(predictors):
    assert predictors("mixed").plan.as_array is False
    assert predictors("numbers").plan.as_array is True
    assert predictors("echo").plan is None


number = st.one_of(
    st.integers(-(2**64), 2**64), st.floats(allow_nan=False, allow_infinity=False), st.integers(-5, 5)
)
anything = st.one_of(number, st.text(max_size=5), st.booleans(), st.none())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.fixed_dictionaries({"n": anything, "x": number}), min_size=1, max_size=3))
def test_generated_numbers(predictors, records):
    predictor = predictors("numbers")
    for body in (
        {"dataframe_records": records},
        {"dataframe_split": {"columns": ["x", "n"], "data": [[r["x"], r["n"]] for r in records]}},
        {"inputs": {name: [r[name] for r in records] for name in ("n", "x")}},
    ):
        data = json.dumps(body).encode()
        assert same(ours(predictor, data), theirs(predictor, data)), body


def same(left, right) -> bool:
    """Equal, but for NaN and infinity, which JSON does not know: MLflow writes them, we write null."""
    return left == right or json.dumps(left) == json.dumps(right).replace("NaN", "null").replace(
        "-Infinity", "null"
    ).replace("Infinity", "null")


@pytest.mark.parametrize("model", ["tensor", "unsigned"])
def test_tensors_and_models_without_signature(predictors, model):
    predictor = predictors(model)
    row = [0.01 * i for i in range(10)]
    for body in (
        {"inputs": [row, row]},
        {"instances": [row]},
        {"inputs": row},
        {"inputs": [["a"] * 10]},
        {"inputs": []},
        {"dataframe_split": {"columns": list("abcdefghij"), "data": [row]}},
        {"inputs": [row[:9]]},
    ):
        data = json.dumps(body).encode()
        assert ours(predictor, data) == theirs(predictor, data), body


def test_typed_columns_arrive_with_their_types(predictors):
    predictor = predictors("typed")
    record = {"d": 1, "f": 0.1, "l": 2**40, "i": 7, "s": "x", "b": False, "t": "2026-11-20T01:02:03"}
    for body in (
        {"dataframe_records": [record]},
        {"dataframe_records": [{**record, "i": 2**40}]},
        {"dataframe_records": [{k: v for k, v in record.items() if k != "t"}]},
    ):
        data = json.dumps(body).encode()
        assert ours(predictor, data) == theirs(predictor, data), body


def test_a_large_answer_is_read_back_exactly(predictors):
    predictor = predictors("proba")
    body = {"dataframe_split": {"columns": predictor.plan.names, "data": [WINE] * 500}}
    data = json.dumps(body).encode()
    assert BytesIO(predictor.invoke_json(data)).read(15) == b'{"predictions":'
    assert ours(predictor, data) == theirs(predictor, data)
