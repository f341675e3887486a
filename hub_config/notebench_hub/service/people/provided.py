"""Makes projects of the groups that the settings of sign-in name as such, before anybody is in them."""

import asyncio

from notebench_hub.service.people.projects import Projects


class Provided:
    """A controller with one thing to do: settings are read at the start only."""

    def __init__(self, projects: Projects) -> None:
        self._projects = projects

    async def run(self, stop: asyncio.Event) -> None:
        """Do it, then wait for the end."""
        await self._projects.mark()
        await stop.wait()
