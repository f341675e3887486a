"""What must be there before a session's process can start: the image's environment and the owner's layer."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from notebench_spawner.catalogue import built, environments
from notebench_spawner.catalogue.load import load
from notebench_spawner.hands import Hands, OwnHands
from notebench_spawner.workload import Workload

Told = Callable[[environments.Step], None]


async def prepare_environment(
    workload: Workload, catalogue: Path, root: Path, tell: Told, hands: Hands | None = None
) -> None:
    """Make sure that both are there; builds what is missing, with progress. Raises NotebenchError."""
    loop = asyncio.get_running_loop()

    def report(step: environments.Step) -> None:
        loop.call_soon_threadsafe(tell, step)

    await asyncio.to_thread(_build, workload, catalogue, root, report)
    await asyncio.to_thread((hands or OwnHands(workload.home.parent, root)).prepare_layer, workload)


def _build(workload: Workload, catalogue: Path, root: Path, report: Told) -> None:
    if not built.is_built(root, workload.image.identity):
        environments.build(load(catalogue), workload.image, root, report)
