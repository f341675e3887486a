"""The shelf: keeps the catalogue at hand, and resolves choices against it for every kind of workload."""

import asyncio
from pathlib import Path

from notebench.contract.errors import NotebenchError, Unavailable
from notebench_spawner.catalogue.hardware import Machine
from notebench_spawner.catalogue.load import CatalogueFile, load
from notebench_spawner.catalogue.resolve import resolve, title_of

from notebench_hub.service.doors.hub import HubClient
from notebench_hub.service.ports import Resolved
from notebench_hub.service.store import Store, sessions
from notebench_hub.service.store.audit_catalogue import note_catalogue


class Shelf:
    """One catalogue file: read again when it changes; while it is wrong, the last good one counts."""

    def __init__(self, file: Path, machine: Machine | None, store: Store, hub: HubClient) -> None:
        self.file = file
        self.machine = machine
        self._store = store
        self._hub = hub
        self._good: CatalogueFile | None = None
        self._seen: tuple[int, int] | None = None
        self._trouble: NotebenchError | None = None
        self._reading = asyncio.Lock()

    async def current(self) -> CatalogueFile:
        """The catalogue that counts now. Raises Unavailable if there never was a good one."""
        if self._stamp() != self._seen:
            async with self._reading:
                await asyncio.to_thread(self._refresh)
        if self._good is None:
            raise Unavailable(
                "The catalogue cannot be read: {reason}",
                "Tell an admin.",
                code="catalogue-away",
                reason=self._trouble.text() if self._trouble else "",
            )
        return self._good

    async def resolve(self, user: str, image: str = "", profile: str = "") -> Resolved:
        """See `ports.Resolver`."""
        found = await self._hub.user(user)
        groups = found.groups if found else frozenset()
        if not image:
            image, profile = await self._usual(user, profile)
        catalogue = await self.current()
        version, hardware = resolve(catalogue, image, profile, groups=groups, machine=self.machine)
        return Resolved(version, title_of(catalogue, version.image), hardware)

    async def health(self) -> str:
        """Why the catalogue that counts is not the one in the file."""
        try:
            await self.current()
        except Unavailable as error:
            return error.text()
        return self._trouble.text() if self._trouble else ""

    async def _usual(self, user: str, profile: str) -> tuple[str, str]:
        """The user's last image and, if none was named, the profile that went with it."""
        last = await self._store.read(sessions.last_choice, user)
        catalogue = await self.current()
        if last is None or catalogue.image(last.image) is None:
            return "", profile
        return last.image, profile or last.profile

    def _stamp(self) -> tuple[int, int]:
        """Changes with the file; zeros where there is none."""
        try:
            stat = self.file.stat()
        except OSError:
            return 0, 0
        return stat.st_mtime_ns, stat.st_size

    def _refresh(self) -> None:
        seen: tuple[int, int] | None = self._stamp()
        if seen == self._seen:
            return
        try:
            self._good = load(self.file)
            self._trouble = None
            seen = seen if self._noted(self._good) else None
        except NotebenchError as error:
            self._trouble = error
        self._seen = seen

    def _noted(self, catalogue: CatalogueFile) -> bool:
        """Tell the audit which versions can be had now, and whose the file is; False where it cannot now."""
        document = catalogue.document
        images = {one.id: [f"{v.name} {v.state.value}" for v in one.versions] for one in document.images}
        after = {
            "revision": catalogue.revision,
            "images": images,
            "profiles": [one.id for one in document.profiles],
        }
        try:
            owner = f"account {self.file.stat().st_uid}"
            self._store.write_now(note_catalogue, after, self.file.name, owner)
        except (OSError, Unavailable):
            return False
        return True
