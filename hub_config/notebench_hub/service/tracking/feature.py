"""Tracking, ready to be plugged into the service."""

import asyncio

from notebench_hub.service.feature import Feature, Parts
from notebench_hub.service.mlflow_client.client import Mlflow
from notebench_hub.service.mlflow_client.workspaces import Workspaces
from notebench_hub.service.tracking.experiments import Experiments
from notebench_hub.service.tracking.models import RegisteredModels
from notebench_hub.service.tracking.routes import router


class Tracking:
    """The feature and what others need of it."""

    def __init__(self, parts: Parts, mlflow: Mlflow, workspaces: Workspaces) -> None:
        self._mlflow = mlflow
        self._store = parts.store
        self.experiments = Experiments(mlflow, workspaces, parts.page)
        self.models = RegisteredModels(mlflow, workspaces, self.experiments, parts.page)

    def feature(self) -> Feature:
        """Routes, MLflow's health, and the closing of its connections at the end."""
        return Feature(
            "mlflow",
            api=[router(self.experiments, self.models, self._store)],
            controllers=[_Closing(self._mlflow)],
            health=self._mlflow.health,
        )


class _Closing:
    """Closes the connections to MLflow when the service ends."""

    def __init__(self, mlflow: Mlflow) -> None:
        self._mlflow = mlflow

    async def run(self, stop: asyncio.Event) -> None:
        await stop.wait()
        await self._mlflow.close()
