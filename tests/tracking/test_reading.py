"""MLflow's JSON and files in the contract's words, hostile ones included."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notebench.contract import tags
from notebench_hub.service.tracking import reading, signature

COLUMNS = [
    {"type": "double", "name": "x", "required": True},
    {"type": "string", "name": "y", "required": False},
]
TENSOR = [{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 4]}}]


def mlmodel(inputs: Any, **more: Any) -> bytes:
    return json.dumps({"signature": {"inputs": json.dumps(inputs)}, **more}).encode()


def test_columns_with_values_of_the_example() -> None:
    example = json.dumps({"dataframe_split": {"columns": ["x", "y"], "data": [[1.5, "a"]]}}).encode()
    found = signature.read(mlmodel(COLUMNS), example)
    assert [(one.name, one.type, one.required, one.example) for one in found.inputs] == [
        ("x", "double", True, 1.5),
        ("y", "string", False, "a"),
    ]
    assert found.example == {"dataframe_split": {"columns": ["x", "y"], "data": [[1.5, "a"]]}}


def test_a_tensor_has_a_shape() -> None:
    found = signature.read(mlmodel(TENSOR), b'{"inputs": [[1, 2, 3, 4]]}')
    assert (found.tensor, found.inputs) == ([-1, 4], [])
    assert found.example == {"inputs": [[1, 2, 3, 4]]}


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"\x00",
        b"!!python/object/apply:os.system ['true']",
        b"a: &a [1]\nb: *a",
        b"signature: 3",
        b"signature: {inputs: '[1, null]'}",
        b"signature: {inputs: '" + b"[" * 5000 + b"'}",
        b"[" * 5000,
        b"saved_input_example_info: {serving_input_path: [1]}",
    ],
)
def test_files_that_make_no_sense_have_no_form(file: bytes) -> None:
    assert signature.read(file, file).inputs == []
    assert signature.example_path(file) == ""


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_any_inputs_are_read(inputs: Any) -> None:
    signature.read(mlmodel(inputs), json.dumps(inputs).encode())


@given(st.dictionaries(st.text(), st.lists(st.dictionaries(st.text(), st.integers()))))
def test_any_example_is_read(body: Any) -> None:
    for key in ("dataframe_split", "dataframe_records", "inputs"):
        signature.read(mlmodel(COLUMNS), json.dumps({key: body}).encode())


@pytest.mark.parametrize("rows", [1, {}, [], [1], [{}], [[]], [[1, 2, 3]], "x", None])
@pytest.mark.parametrize("names", [1, {}, [], ["x"], [1], "x", None])
def test_any_split_is_read(rows: Any, names: Any) -> None:
    body = {"dataframe_split": {"columns": names, "data": rows}}
    signature.read(mlmodel(COLUMNS), json.dumps(body).encode())


@given(st.floats() | st.sampled_from(["NaN", "Infinity", "-Infinity"]))
def test_numbers_survive_json(value: float | str) -> None:
    assert json.dumps(reading.number(value), allow_nan=False)


def test_where_a_run_came_from() -> None:
    said = reading.origin(
        {tags.USER: "ann", "mlflow.user": "root", tags.ADDED: '["a==1"]', tags.GIT_DIRTY: "true"}
    )
    assert (said.user, said.added, said.git_dirty) == ("ann", ["a==1"], True)
    assert reading.origin({tags.ADDED: "{nonsense"}).added == []
