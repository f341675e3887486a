"""Sees to it that a project's volume is there before a pod asks for it."""

from collections.abc import Callable

from notebench_spawner.backends.kubernetes.api import Api
from notebench_spawner.pods.claim import claim_spec
from notebench_spawner.pods.settings import Projects


class ProjectVolumes:
    """Makes claims; what was made once is not asked for again."""

    def __init__(
        self, api_of: Callable[[str], Api], projects: Projects, *, size: str, storage_class: str = ""
    ) -> None:
        """`api_of` is the API of a project's namespace."""
        self._api_of = api_of
        self._projects = projects
        self._size, self._class = size, storage_class
        self._made: set[str] = set()

    async def ready(self, project: str) -> None:
        """Make the project's claim unless it is there. Raises Unavailable where the cluster refuses it."""
        claim = claim_spec(self._projects, project, size=self._size, storage_class=self._class)
        if project not in self._made:
            await self._api_of(project).ensure(claim)
            self._made.add(project)
