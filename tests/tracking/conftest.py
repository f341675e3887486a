"""The shared MLflow behind the gateway."""

import pytest

from tests import mlflow_world


@pytest.fixture(scope="session")
def world() -> mlflow_world.World:
    return mlflow_world.world()
