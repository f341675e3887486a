"""Parameters arrive equal or are refused; neither a value nor a name is ever code."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from notebench.contract.errors import Refused
from notebench.runner.parameters import check_parameters, check_source
from papermill.translators import PythonTranslator

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
names = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True).filter(
    lambda name: name not in {"as", "is", "in", "if", "or"}
)


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(st.from_regex(r"p[a-z0-9]{0,8}", fullmatch=True).filter(lambda n: n != "pass"), values)
)
def test_what_papermill_writes_is_the_value_or_is_refused(parameters):
    check_parameters(parameters)
    source = PythonTranslator.codify(parameters)
    try:
        check_source(source, parameters)
    except Refused:
        return
    space: dict[str, object] = {}
    exec(source, {"float": float}, space)
    assert repr(space) == repr(parameters)


@pytest.mark.parametrize(
    "name",
    [
        "x;import os",
        "x=1\nimport os",
        "a b",
        "",
        "1a",
        "class",
        "__builtins__",
        "a.b",
        "ﬁ",
        "ä",
        "x" * 101,
        "a[0]",
        "print(1)",
        "#",
        "x\u200b",
        "x ",
    ],
)
def test_names_that_are_not_names_are_refused(name):
    with pytest.raises(Refused) as caught:
        check_parameters({name: 1})
    assert caught.value.kind == "parameter-name"


@pytest.mark.parametrize(
    "value", [object(), {1: 2}, b"x", (1,), {"a": {2}}, [[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]
)
def test_values_that_are_not_json_are_refused(value):
    with pytest.raises(Refused):
        check_parameters({"x": value})


@pytest.mark.parametrize(
    "source",
    [
        "x = __import__('os')",
        "x = 1\nimport os",
        "x = (lambda: 1)()",
        "y = 1",
        "x = 1; y = 2",
        "x = 1.0",
        "x = float(open('/etc/passwd').read())",
        "x: int = 1",
        "x = y = 1",
    ],
)
def test_source_that_is_not_the_value_is_refused(source):
    with pytest.raises(Refused):
        check_source(source, {"x": 1})
