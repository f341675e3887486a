"""Whatever arrives is answered or refused: no other error, for every kind of model, on every protocol."""

import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from notebench.contract.errors import Refused
from notebench.serving import v2
from notebench.serving.predictor import FORMATS, Predictor

from tests.extension.test_serving_answers import predictors

__all__ = ["predictors"]

MODELS = ["wine", "mixed", "numbers", "typed", "tensor", "unsigned"]
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4)
names = st.sampled_from(["alcohol", "n", "x", "age", "town", "d", "s", "columns", "data", "index"])
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=10,
)
keys = st.sampled_from([*FORMATS, "params", "messages", "prompt", "input", "signature_name"])
bodies = st.dictionaries(keys, values, min_size=1, max_size=3)
tensors = st.fixed_dictionaries(
    {},
    optional={
        "name": names | scalars,
        "shape": st.lists(st.integers(-1, 5), max_size=3) | scalars,
        "datatype": st.sampled_from(["FP64", "INT8", "BYTES", "BOOL", "FP16", "x"]) | scalars,
        "data": values,
    },
)
calm = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def answered(predictor: Predictor, call, body: bytes) -> None:
    refusal = None
    try:
        json.loads(call(body))
    except Refused as error:
        refusal = str(error)
    assert refusal is None or (refusal and "Traceback" not in refusal)


@pytest.mark.parametrize("model", MODELS)
@calm
@given(bodies)
def test_invocations(predictors, model, body):
    predictor = predictors(model)
    answered(predictor, predictor.invoke_json, json.dumps(body).encode())


@pytest.mark.parametrize("model", MODELS)
@calm
@given(st.lists(tensors, max_size=3) | values)
def test_infer(predictors, model, inputs):
    predictor = predictors(model)
    body = json.dumps({"inputs": inputs, "outputs": inputs}).encode()
    answered(predictor, lambda data: v2.infer(predictor, data), body)


@pytest.mark.parametrize("model", ["wine", "mixed", "tensor"])
@calm
@given(st.text(max_size=80) | st.binary(max_size=40))
@example("\r0")
@example("a," + "x" * 200_000)
def test_csv(predictors, model, text):
    predictor = predictors(model)
    answered(
        predictor, predictor.invoke_csv, text if isinstance(text, bytes) else text.encode("utf-8", "replace")
    )
