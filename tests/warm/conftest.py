import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from .place import Place


@pytest.fixture(autouse=True, scope="session")
def _compiled() -> Iterator[None]:
    """What starts here starts with compiled modules, as everywhere else."""
    before = os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    yield
    if before is not None:
        os.environ["PYTHONDONTWRITEBYTECODE"] = before


@pytest.fixture
def place() -> Iterator[Place]:
    with tempfile.TemporaryDirectory(prefix="nbw") as root:
        made = Place(Path(root))
        try:
            yield made
        finally:
            made.close()
