"""What needs no browser: TypeScript units, the size of what is built, the Jupyter server's sentences."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from notebench.lab.language import translator

from .conftest import ROOT

JLPM = str(Path(sys.prefix) / "bin" / "jlpm")


@pytest.mark.parametrize("task", ["test", "sizes"])
def test_jlpm(task: str) -> None:
    ended = subprocess.run([JLPM, task], cwd=ROOT / "extension", capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def sentences() -> set[str]:
    """First two arguments of every error that the Jupyter server extension raises."""
    found = set()
    for file in (ROOT / "extension/notebench/lab").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {
                "Refused",
                "NotFound",
                "TooLarge",
                "Unavailable",
            }:
                found |= {each.value for each in node.args if isinstance(each, ast.Constant)}
    return found


@pytest.mark.parametrize("language", ["de", "es"])
def test_what_the_jupyter_server_says_is_translated(language: str) -> None:
    say = translator(f"{language}-XX,en;q=0.5")
    assert len(sentences()) > 10
    assert [each for each in sentences() if say(each) == each] == []
    assert translator("en-GB,de")("Send less at once.") == "Send less at once."
