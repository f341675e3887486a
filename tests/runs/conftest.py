"""A bench with the runs feature."""

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from notebench.contract.runs import FINAL_STATES

from tests.bench import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    one = Bench(tmp_path / "state")
    yield one
    one.down()


def notebook(home: Path, name: str, *cells: str) -> str:
    """A notebook whose first cell holds its parameters."""
    made = nbformat.v4.new_notebook()
    for number, source in enumerate(cells):
        cell = nbformat.v4.new_code_cell(source)
        cell.metadata["tags"] = ["parameters"] if number == 0 else []
        made.cells.append(cell)
    path = home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(made, path)
    return name


def ended(bench: Bench, run: str) -> dict:
    def look() -> dict | None:
        with bench.client() as client:
            found = client.get(f"runs/{run}").raise_for_status().json()
        return found if found["state"] in FINAL_STATES else None

    return bench.until(look, 60)
