"""What must be there before a session's process can start: the image's environment and the owner's layer."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from notebench_spawner.catalogue import environments
from notebench_spawner.catalogue.layers import ensure_layer
from notebench_spawner.catalogue.load import load
from notebench_spawner.workload import Workload

Told = Callable[[environments.Step], None]


async def prepare_environment(workload: Workload, catalogue: Path, root: Path, tell: Told) -> None:
    """Make sure that both are there; builds what is missing, with progress. Raises NotebenchError."""
    loop = asyncio.get_running_loop()

    def report(step: environments.Step) -> None:
        loop.call_soon_threadsafe(tell, step)

    await asyncio.to_thread(_prepare, workload, catalogue, root, report)


def _prepare(workload: Workload, catalogue: Path, root: Path, report: Told) -> None:
    if not environments.is_built(root, workload.image.identity):
        environments.build(load(catalogue), workload.image, root, report)
    if workload.layer is not None:
        ensure_layer(workload.home, workload.acting_for, workload.image, root)
