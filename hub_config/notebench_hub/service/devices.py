"""Hands out this machine's devices and takes them back: each is one workload's alone, of whatever kind.

A device is reserved in the transaction that lets its workload begin. It is free again when the workload's
record says that it is over *and* nothing of it runs nor can come up any more; no clock decides that.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from notebench.contract.errors import Conflict, NotebenchError
from notebench_spawner.catalogue.devices import Device
from notebench_spawner.workload import Hardware

from notebench_hub.service.store import Store, Transaction
from notebench_hub.service.store import devices as rows
from notebench_hub.service.store.devices import Held, Holder

log = logging.getLogger("notebench.devices")

EVERY_SECONDS = 1.0

Settle = Callable[[str], bool]
"""Whether nothing of a workload runs, nor ever will; see `notebench_spawner.hands.Hands.settle`. Blocks."""


class DevicesBusy(Conflict):
    """Too few devices are free now."""

    code = "devices-busy"


class Devices:
    """The devices of this machine. Without any, as on a cluster, it has nothing to do."""

    def __init__(
        self, store: Store, known: Sequence[Device], settle: Settle, *, every: float = EVERY_SECONDS
    ) -> None:
        self._store = store
        self._known = known
        self._settle = settle
        self._every = every
        self._one_at_a_time = asyncio.Lock()

    def take(self, tx: Transaction, holder: Holder, hardware: Hardware) -> dict[str, list[str]]:
        """What the profile asks for, in a transaction of the caller's. Raises DevicesBusy."""
        here = {one.resource for one in self._known}
        wanted = {name: count for name, count in hardware.resources.items() if name in here}
        if not wanted:
            return {}
        found = rows.reserve(tx, holder, wanted, self._known)
        if found is None:
            raise self._busy(rows.held(tx), holder, hardware)
        return found

    async def reserve(self, holder: Holder, hardware: Hardware) -> dict[str, list[str]]:
        """What the profile asks for. Raises DevicesBusy."""
        if not self._known or not hardware.resources:
            return {}
        return await self._store.write(self.take, holder, hardware)

    async def counts(self) -> dict[str, tuple[int, int]]:
        """By resource: how many are free, and how many there are."""
        there = Counter(one.resource for one in self._known)
        taken = Counter(one.resource for one in await self._store.read(rows.held)) if there else Counter()
        return {name: (max(count - taken[name], 0), count) for name, count in there.items()}

    async def take_back(self) -> None:
        """One round: free what is held by workloads that are over."""
        async with self._one_at_a_time:  # who asks while a round goes on gets the next one's result
            for workload in await self._store.read(rows.ended):
                try:
                    if await asyncio.to_thread(self._settle, workload):
                        await self._store.write(rows.release, workload)
                except (OSError, NotebenchError) as error:  # the others go on; this one is tried again
                    log.warning("devices of %s are not taken back yet: %s", workload, error)

    async def run(self, stop: asyncio.Event) -> None:
        """Round after round until told to stop."""
        while self._known and not stop.is_set():
            await self.take_back()
            try:
                await asyncio.wait_for(stop.wait(), self._every)
            except TimeoutError:
                continue
        await stop.wait()

    def _busy(self, held: list[Held], holder: Holder, hardware: Hardware) -> DevicesBusy:
        """Who holds how many: oneself by name, others only by number."""
        resource = next(name for name in hardware.resources if self._short_of(name, held, hardware))
        taken = [one for one in held if one.resource == resource]
        mine = [one for one in taken if one.holder.user == holder.user]
        there = self._there(resource)
        values: dict[str, Any] = {
            "profile": hardware.profile,
            "needs": hardware.resources[resource],
            "resource": resource,
            "free": max(there - len(taken), 0),
            "has": there,
            "mine": len(mine),
            "others": len(taken) - len(mine),
            "things": ", ".join(sorted({one.holder.workload for one in mine})),
            "since": f"{taken[0].since:%Y-%m-%d %H:%M} UTC" if taken else "–",
        }
        if not mine:
            return DevicesBusy(
                "Profile '{profile}' needs {needs} × {resource}; {free} of {has} are free. Others hold "
                "{others}, the first since {since}.",
                "Try again later, or choose a profile without it. A notebook run waits by itself.",
                field="profile",
                **values,
            )
        if len(mine) == len(taken):
            return DevicesBusy(
                "Profile '{profile}' needs {needs} × {resource}; {free} of {has} are free. You hold {mine} "
                "({things}), the first since {since}.",
                "Stop what you do not need any more, or choose a profile without it.",
                field="profile",
                **values,
            )
        return DevicesBusy(
            "Profile '{profile}' needs {needs} × {resource}; {free} of {has} are free. You hold {mine} "
            "({things}) and others {others}, the first since {since}.",
            "Stop what you do not need any more, try again later, or choose a profile without it.",
            field="profile",
            **values,
        )

    def _short_of(self, resource: str, held: list[Held], hardware: Hardware) -> bool:
        free = self._there(resource) - sum(one.resource == resource for one in held)
        return self._there(resource) > 0 and free < hardware.resources[resource]

    def _there(self, resource: str) -> int:
        return sum(one.resource == resource for one in self._known)


def waiting_for(error: DevicesBusy) -> str:
    """The reason on a record that others read too: without who holds what."""
    values = error.values
    return (
        f"It waits: profile '{values['profile']}' needs {values['needs']} × {values['resource']}, and "
        f"{values['free']} of {values['has']} are free; the first was taken at {values['since']}."
    )
