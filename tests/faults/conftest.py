"""What the faults share: how often to repeat, and a workbench of a test's own."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import mlflow_world
from tests.hub.workbench import Person, Workbench
from tests.mlflow_world import World

ROUNDS = int(os.environ.get("NOTEBENCH_FAULT_ROUNDS", "1"))
"""How many times longer than in the suite the faults are repeated."""


PATIENCE = 240.0
"""Seconds that a hub may take on a machine that many use."""

_IDLE_SECONDS = 0.8
"""How long an idle machine takes for the imports below."""


def limit(seconds: float) -> float:
    """A limit of an idle machine, longer by as much as this one is slower now: others may be using it."""
    begin = time.monotonic()
    subprocess.run([sys.executable, "-c", "import tornado.web, sqlalchemy.orm, httpx"], check=True)
    return seconds * max(1.0, (time.monotonic() - begin) / _IDLE_SECONDS)


@pytest.fixture(scope="module")
def bench() -> Iterator[Workbench]:
    """A real hub and a real proxy; the service is stood in for."""
    with tempfile.TemporaryDirectory(prefix="nbf") as root:
        opened = Workbench(Path(root))
        try:
            opened.service.on()
            for part in ("proxy", "hub"):
                opened.start(part)
            opened.wait_hub(PATIENCE)
            yield opened
        finally:
            opened.close()


@pytest.fixture(scope="module")
def admin(bench: Workbench) -> Person:
    """Somebody who is signed in."""
    return Person(bench, "admin", bench.admin_password())


@pytest.fixture(scope="session")
def world() -> World:
    """A real MLflow behind the real gateway."""
    return mlflow_world.world()
