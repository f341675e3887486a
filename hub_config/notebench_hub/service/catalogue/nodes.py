"""The nodes of the cluster, where the service may look at them: which hardware profiles one could take."""

import asyncio
import logging
from typing import Any, Protocol

from notebench.contract.errors import Translate, Unavailable
from notebench_spawner.catalogue.model import Profile
from notebench_spawner.catalogue.resolve import hardware_of
from notebench_spawner.marks import N_
from notebench_spawner.pods.fitting import fitting
from notebench_spawner.pods.settings import Pods

from notebench_hub.service.controllers import pause_or_stop

log = logging.getLogger("notebench.nodes")

EVERY_SECONDS = 60.0
_NONE = N_("no node could take it now")
_SOME = N_("nodes that could take it: {count}")
_UNKNOWN = N_("free devices are not known")


class Look(Protocol):
    """Asks for the nodes."""

    async def nodes(self) -> list[dict[str, Any]]:
        """All of them. Raises Unavailable where they are not said."""
        ...


class Nodes:
    """A controller that looks now and then; what cannot be looked at is not known."""

    def __init__(self, pods: Pods, look: Look | None, *, every: float = EVERY_SECONDS) -> None:
        """Without `look` nothing is ever known."""
        self._pods = pods
        self._look = look
        self._every = every
        self._known: list[dict[str, Any]] | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Look, wait, until told to stop."""
        while self._look is not None and not stop.is_set():
            await self.once(self._look)
            await pause_or_stop(stop, self._every)
        await stop.wait()

    async def once(self, look: Look) -> None:
        """One look."""
        try:
            self._known = await look.nodes()
        except Unavailable as error:
            log.warning("which profiles a node could take is not known: %s", error)
            self._known = None

    def say(self, profile: Profile, say: Translate) -> str:
        """A few words for who chooses: where it is not known only of profiles with devices."""
        if self._known is None:
            return say(_UNKNOWN) if profile.resources else ""
        count = fitting(hardware_of(profile), self._known, self._pods)
        if not count:
            return say(_NONE)
        return say(_SOME).format(count=count) if profile.resources else ""
