"""Deployments: what people want served, and the controller that keeps model servers to it."""

from notebench_hub.service.deployments.controller import EVERY_SECONDS, DeploymentController
from notebench_hub.service.deployments.desk import Desk
from notebench_hub.service.deployments.directory import Directory
from notebench_hub.service.deployments.routes import router
from notebench_hub.service.deployments.servers import COMMAND, Servers
from notebench_hub.service.feature import Feature, Parts
from notebench_hub.service.ports import Models


def feature(
    parts: Parts,
    models: Models,
    directory: Directory,
    *,
    command: tuple[str, ...] = COMMAND,
    every: float = EVERY_SECONDS,
) -> Feature:
    """The feature `deployments`. The gateway asks the same `directory` where a deployment answers."""
    controller = DeploymentController(parts, Servers(parts, command), directory, every=every)
    return Feature(name="deployments", api=[router(parts, Desk(parts, models))], controllers=[controller])


__all__ = ["COMMAND", "Directory", "feature"]
