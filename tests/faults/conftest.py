"""What the faults share: how often to repeat, and a workbench of a test's own."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.workbench import Person, Workbench

ROUNDS = int(os.environ.get("NOTEBENCH_FAULT_ROUNDS", "1"))
"""How many times longer than in the suite the faults are repeated."""


@pytest.fixture(scope="module")
def bench() -> Iterator[Workbench]:
    """A real hub and a real proxy; the service is stood in for."""
    with tempfile.TemporaryDirectory(prefix="nbf") as root:
        opened = Workbench(Path(root))
        try:
            opened.open()
            yield opened
        finally:
            opened.close()


@pytest.fixture(scope="module")
def admin(bench: Workbench) -> Person:
    """Somebody who is signed in."""
    return Person(bench, "admin", bench.admin_password())
