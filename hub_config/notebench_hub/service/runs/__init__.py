"""Notebook runs: a queue, a controller that launches and watches, and what people see of it."""

from notebench_hub.service.feature import Feature, Parts
from notebench_hub.service.runs.controller import EVERY_SECONDS, RunController
from notebench_hub.service.runs.desk import Desk
from notebench_hub.service.runs.launcher import COMMAND, Launcher
from notebench_hub.service.runs.routes import router


def feature(parts: Parts, *, command: tuple[str, ...] = COMMAND, every: float = EVERY_SECONDS) -> Feature:
    """The feature `runs`. `command` is what is started in the image's environment."""
    controller = RunController(parts, Launcher(parts, command), every=every)
    return Feature(name="runs", api=[router(parts, Desk(parts))], controllers=[controller])
