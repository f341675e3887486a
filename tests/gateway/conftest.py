"""The shared MLflow behind the gateway."""

import mlflow_world
import pytest


@pytest.fixture(scope="session")
def world() -> mlflow_world.World:
    return mlflow_world.world()
