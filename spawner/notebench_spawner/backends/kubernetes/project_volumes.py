"""Sees to it that a project's volume is there before a pod asks for it."""

from notebench_spawner.backends.kubernetes.api import Api
from notebench_spawner.pods.claim import claim_spec
from notebench_spawner.pods.settings import Projects


class ProjectVolumes:
    """Makes claims; what was made once is not asked for again."""

    def __init__(self, api: Api, projects: Projects, *, size: str, storage_class: str = "") -> None:
        self._api = api
        self._projects = projects
        self._size, self._class = size, storage_class
        self._made: set[str] = set()

    async def ready(self, project: str) -> None:
        """Make the project's claim unless it is there. Raises Unavailable where the cluster refuses it."""
        claim = claim_spec(self._projects, project, size=self._size, storage_class=self._class)
        name = claim["metadata"]["name"]
        if name not in self._made:
            await self._api.ensure(claim)
            self._made.add(name)
