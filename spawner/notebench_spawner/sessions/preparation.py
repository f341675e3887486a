"""What must be there before a session's process can start: the image's environment and the owner's layer."""

from collections.abc import Callable
from pathlib import Path

from notebench.contract.errors import Unavailable

from notebench_spawner.workload import Workload

Told = Callable[[float, str], None]
"""Takes the fraction that is done, and what happens now (or nothing)."""


async def prepare_environment(workload: Workload, environments: Path, tell: Told) -> None:
    """Make sure that both exist; builds what is missing, with progress. Raises NotebenchError."""
    if not (environments / workload.image.identity / "bin" / "python").exists():
        raise Unavailable(
            "The environment of image '{image}' has not been built here.",
            "Ask an admin to run `notebench up`.",
            code="environment-missing",
            image=workload.image.image,
        )
