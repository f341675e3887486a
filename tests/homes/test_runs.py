"""A notebook run in a full home says so, and keeps what it had written."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench import Bench
from tests.runs.conftest import ended, notebook

from .small import fill, small_disk

FILL = """
from pathlib import Path
try:
    with Path("more.bin").open("wb", buffering=0) as opened:
        while opened.write(b"x" * 65536):
            pass
except OSError as error:
    print(error)
print("y" * 50_000)
"""


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    one = Bench(tmp_path / "state")
    with small_disk(one.root / "homes" / "ada", 8):
        yield one
        one.down()


def run(bench: Bench, name: str) -> dict:
    with bench.client() as client:
        return ended(bench, client.post("runs", json={"notebook": name}).raise_for_status().json()["id"])


def test_a_run_in_a_full_home_says_so(bench: Bench) -> None:
    notebook(bench.home(), "a.ipynb", "x = 1", "print(x)")
    fill(bench.home())
    bench.up()
    found = run(bench, "a.ipynb")
    assert found["state"] == "failed"
    assert "home is full" in found["reason"]
    (bench.home() / "big.bin").unlink()
    assert run(bench, "a.ipynb")["state"] == "succeeded"


def test_a_run_that_fills_the_home_keeps_what_was_written(bench: Bench) -> None:
    notebook(bench.home(), "a.ipynb", "x = 1", "print('first')", FILL)
    bench.up()
    found = run(bench, "a.ipynb")
    assert found["state"] == "failed"
    assert found["reason"].startswith("Your home is full: the output notebook could not be written;")
    german = bench.client("ada", **{"Accept-Language": "de"}).get(f"runs/{found['id']}").json()["reason"]
    assert german.startswith("Ihr Home-Verzeichnis ist voll")
    kept = json.loads((bench.home() / found["output"]).read_text())
    assert any("first" in json.dumps(cell.get("outputs")) for cell in kept["cells"])
