"""The catalogue as one user sees it: cards, their projects, their last choice, and what to know here."""

import asyncio
from pathlib import Path

from notebench.contract.catalogue import Catalogue, Choice, ProfileCard
from notebench.contract.errors import Translate
from notebench.contract.people import PERSONAL
from notebench_spawner import limits
from notebench_spawner.catalogue.load import CatalogueFile
from notebench_spawner.catalogue.view import view
from notebench_spawner.marks import N_
from notebench_spawner.process import enforcement

from notebench_hub.i18n import negotiate, translator
from notebench_hub.service.catalogue.nodes import Nodes
from notebench_hub.service.devices import Devices
from notebench_hub.service.doors.hub import HubClient, HubUser
from notebench_hub.service.shelf import Shelf
from notebench_hub.service.store import Store, projects, sessions

_SHARED_ACCOUNT = N_(
    "All sessions here share one system account: for one person, or for people who trust each other."
)

_FREE = N_("{free} of {has} × {resource} free")


class Shown:
    """Shows the catalogue to people."""

    def __init__(
        self,
        shelf: Shelf,
        store: Store,
        hub: HubClient,
        workloads: Path,
        devices: Devices,
        *,
        nodes: Nodes,
    ) -> None:
        self._shelf = shelf
        self._nodes = nodes
        self._store = store
        self._hub = hub
        self._workloads = workloads
        self._devices = devices

    async def to(self, name: str, accept_language: str | None) -> Catalogue:
        """Everything this user may choose. A user whom the hub does not know sees what is for everybody."""
        catalogue = await self._shelf.current()
        user = await self._hub.user(name) or HubUser(name)
        language = negotiate(accept_language)
        say = translator(language)
        machine = self._shelf.machine
        images, profiles = view(
            catalogue, groups=user.groups, machine=machine, language=language, translate=say
        )
        if machine is not None:
            sentence, values = enforcement(await asyncio.to_thread(limits.means, self._workloads))
            enforced = say(sentence).format_map(values)
            counts = await self._devices.counts()
            profiles = [
                card.model_copy(update={"enforced": enforced, "free": _free(card, counts, say)})
                for card in profiles
            ]
        else:
            known = {one.id: one for one in catalogue.document.profiles}
            profiles = [
                card.model_copy(update={"free": self._nodes.say(known[card.id], say)}) for card in profiles
            ]
        memberships = await self._store.read(projects.memberships, name, user.groups)
        names = [one.project for one in memberships]
        return Catalogue(
            revision=catalogue.revision,
            images=images,
            profiles=profiles,
            projects=names,
            default=await self._default(catalogue, name, names, {card.id for card in images}),
            notice=say(_SHARED_ACCOUNT) if machine is not None else "",
        )

    async def _default(
        self, catalogue: CatalogueFile, user: str, project_names: list[str], images: set[str]
    ) -> Choice:
        """The last choice as far as it can still be chosen, else the catalogue's default."""
        usual = catalogue.document.default
        last = await self._store.read(sessions.last_choice, user)
        if last is None:
            return Choice(image=usual.image, profile=usual.profile, acting_for=PERSONAL)
        acting = last.acting_for if last.acting_for in project_names else PERSONAL
        image = catalogue.image(last.image)
        if image is None or last.image not in images:
            return Choice(image=usual.image, profile=usual.profile, acting_for=acting)
        profile = last.profile if last.profile in image.profiles else image.profiles[0]
        return Choice(image=last.image, profile=profile, acting_for=acting)


def _free(card: ProfileCard, counts: dict[str, tuple[int, int]], say: Translate) -> str:
    """How many of a profile's devices are free now; nothing where it cannot be had here anyway."""
    if not card.available:
        return ""
    found = {name: counts[name] for name in card.resources if name in counts}
    return ", ".join(
        say(_FREE).format(free=free, has=has, resource=name) for name, (free, has) in found.items()
    )
