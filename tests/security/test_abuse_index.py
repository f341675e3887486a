"""Every abuse is found by its number, has tests, and the tests that it names exist."""

import ast
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
ABUSES: list[dict[str, Any]] = YAML(typ="safe").load(Path(__file__).with_name("abuse.yaml").read_text())


def _words(abuse: dict[str, Any]) -> str:
    return f"abuse_{abuse['number']:02d}_{abuse['name'].replace(' ', '_')}"


@cache
def _tests_of(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text())
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_every_number_is_there_once() -> None:
    assert [abuse["number"] for abuse in ABUSES] == list(range(1, 22))


@pytest.mark.parametrize("abuse", ABUSES, ids=_words)
def test_it_has_tests_and_they_exist(abuse: dict[str, Any]) -> None:
    assert abuse["tests"]
    for named in abuse["tests"]:
        file, _, name = named.partition("::")
        assert name in _tests_of(file), f"{named} does not exist"


def test_what_is_called_after_an_abuse_is_named_there() -> None:
    written = {
        f"{file.relative_to(ROOT)}::{name}"
        for file in Path(__file__).parent.glob("test_abuse_*.py")
        for name in _tests_of(str(file.relative_to(ROOT)))
        if name.startswith("test_abuse_")
    }
    named = {test for abuse in ABUSES for test in abuse["tests"]}
    assert written <= named
