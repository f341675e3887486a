"""Services: an address on loopback that leads to the ready pods of a selector.

Transcript: service-address.
"""

import asyncio
import contextlib
import itertools

from tests.kube.standin import owned, probes, selectors
from tests.kube.standin.kinds import PODS, SERVICES, Object
from tests.kube.standin.store import Store

Place = tuple[str, int, str]
"""Address, port, and the Service's uid: another one may get the same address later."""


class Services:
    """Listens at each Service's ports and carries bytes to a pod."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open: dict[Place, asyncio.Server | None] = {}
        """None while it is being opened."""
        self._opening: set[asyncio.Task[None]] = set()
        self._turn = itertools.count()

    def step(self) -> None:
        wanted = {
            (service["spec"]["clusterIP"], port["port"], service["metadata"]["uid"]): (service, port)
            for service in self._store.all(SERVICES)
            if service["spec"].get("clusterIP") not in (None, "None") and service["spec"].get("selector")
            for port in service["spec"].get("ports") or []
        }
        for place in set(self._open) - set(wanted):
            if server := self._open.pop(place):
                server.close()
        for place in set(wanted) - set(self._open):
            service, port = wanted[place]
            task = asyncio.get_running_loop().create_task(self._listen(place, service, port))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)
            self._open[place] = None

    async def _listen(self, place: Place, service: Object, port: Object) -> None:
        meta = service["metadata"]

        async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._carry(meta["namespace"], meta["name"], port["port"], reader, writer)

        server = await asyncio.start_server(carry, *place[:2])
        if place in self._open:
            self._open[place] = server
        else:
            server.close()

    def targets(self, namespace: str, name: str, number: int) -> list[tuple[str, int]]:
        """The ready pods behind a port."""
        service = self._store.find(SERVICES, namespace, name)
        if not service:
            return []
        port = next((one for one in service["spec"].get("ports") or [] if one["port"] == number), None)
        chosen = {"matchLabels": service["spec"].get("selector")}
        return [
            (pod["status"]["podIP"], _target(pod, port))
            for pod in self._store.all(PODS, namespace)
            if port and _reached(pod) and selectors.matches(chosen, pod["metadata"].get("labels") or {})
        ]

    async def _carry(
        self,
        namespace: str,
        name: str,
        number: int,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        found = self.targets(namespace, name, number)
        if not found:
            writer.transport.abort()  # as a node that has nowhere to send it: refused
            return
        try:
            there = await asyncio.open_connection(*found[next(self._turn) % len(found)])
        except OSError:
            writer.transport.abort()
            return
        await asyncio.gather(_pump(reader, there[1]), _pump(there[0], writer))
        writer.close()
        there[1].close()

    async def stop(self) -> None:
        await asyncio.gather(*self._opening, return_exceptions=True)
        for server in self._open.values():
            if server:
                server.close()


def _target(pod: Object, port: Object) -> int:
    wanted = port["targetPort"]
    for container in pod["spec"]["containers"]:
        with contextlib.suppress(StopIteration):
            return probes.number(wanted, container)
    return int(port["port"])


def _reached(pod: Object) -> bool:
    return owned.ready(pod) and not pod["metadata"].get("deletionTimestamp")


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError, RuntimeError):
        if writer.can_write_eof():
            writer.write_eof()
