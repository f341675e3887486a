"""What must be there before a session's process can start: the image's environment and the owner's layer."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from notebench.contract.errors import Unavailable

from notebench_spawner.catalogue import built, environments
from notebench_spawner.catalogue.load import load
from notebench_spawner.hands import Hands, OwnHands
from notebench_spawner.workload import Kind, Workload

Told = Callable[[environments.Step], None]


async def prepare_environment(
    workload: Workload, catalogue: Path, root: Path, tell: Told, hands: Hands | None = None
) -> Workload:
    """Make sure that both are there; builds what is missing, with progress. Raises NotebenchError.

    Returns what can be started: in a home too full for a layer, a session on the bare image.
    """
    loop = asyncio.get_running_loop()

    def report(step: environments.Step) -> None:
        loop.call_soon_threadsafe(tell, step)

    await asyncio.to_thread(_build, workload, catalogue, root, report)
    try:
        await asyncio.to_thread((hands or OwnHands(workload.home.parent, root)).prepare_layer, workload)
    except Unavailable as error:
        if error.kind != "disk-full" or workload.kind is not Kind.session:
            raise
        return workload.model_copy(update={"layer": None, "env": {**workload.env, "NOTEBENCH_LAYER": ""}})
    return workload


def _build(workload: Workload, catalogue: Path, root: Path, report: Told) -> None:
    if not built.is_built(root, workload.image.identity):
        environments.build(load(catalogue), workload.image, root, report)
