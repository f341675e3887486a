"""Each fault has its tests: the map beside this file names them, and each of them is there."""

import ast
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
FAULTS = YAML(typ="safe").load(Path(__file__).with_name("map.yaml"))
SURVIVED = ("F1", "F2", "F6", "F7", "F8", "F10", "F14")


def functions(file: Path) -> set[str]:
    tree = ast.parse(file.read_text())
    return {one.name for one in tree.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_no_fault_is_without_tests() -> None:
    assert set(FAULTS) == set(SURVIVED)
    for number, fault in FAULTS.items():
        own = f"tests/faults/test_f{int(number[1:]):02d}_"
        assert any(name.startswith(own) for name in fault["tests"]), f"{number} has no file of its own"


@pytest.mark.parametrize("number", SURVIVED)
def test_each_test_of_a_fault_is_there(number: str) -> None:
    for name in FAULTS[number]["tests"]:
        file, _, function = name.partition("::")
        assert function in functions(ROOT / file), f"{name} is gone"


def test_no_test_of_a_fault_is_missing_in_the_map() -> None:
    named = {name for fault in FAULTS.values() for name in fault["tests"]}
    for file in sorted(Path(__file__).parent.glob("test_f[0-9]*.py")):
        for function in functions(file):
            if function.startswith("test_"):
                assert f"tests/faults/{file.name}::{function}" in named
