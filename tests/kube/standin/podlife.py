"""The life of one pod on its node, from admission to its last container's end."""

import asyncio
from typing import TYPE_CHECKING

from tests.kube.standin import events, names, volumes, writing
from tests.kube.standin.container import Container
from tests.kube.standin.kinds import PODS, Object
from tests.kube.standin.podstatus import conditions, phase

if TYPE_CHECKING:
    from tests.kube.standin.kubelet import Kubelet


class PodLife:
    """One pod; `live` runs until it is over, everything else may be called at any time from the same loop."""

    def __init__(self, kubelet: "Kubelet", pod: Object) -> None:
        self.kubelet, self.pod = kubelet, pod
        meta = pod["metadata"]
        self.space, self.name, self.uid = meta["namespace"], meta["name"], meta["uid"]
        self.address = ""
        self.ending = False
        self.failure: Object = {}
        """`reason` and `message`, where the node itself failed the pod."""
        self.over = asyncio.Event()
        self.first = [Container(self, one) for one in pod["spec"].get("initContainers") or []]
        self.main = [Container(self, one) for one in pod["spec"]["containers"]]

    @property
    def node(self) -> str:
        return str(self.pod["spec"]["nodeName"])

    async def live(self) -> None:
        """Transcript: pod-life."""
        self._status(startTime=names.now(), hostIP="127.0.0.1", hostIPs=[{"ip": "127.0.0.1"}])
        deadline = self.pod["spec"].get("activeDeadlineSeconds")
        try:
            async with asyncio.timeout(deadline):
                await self._run()
        except TimeoutError:
            message = "Pod was active on the node longer than the specified deadline"
            self.fail("DeadlineExceeded", message)
        finally:
            await self.reap()
            self.report()
            self.over.set()

    async def _run(self) -> None:
        await self._disks()
        self.address = self.kubelet.address()
        for one in self.first:
            await one.live()
            if self.ending or one.code != 0:
                return
        await asyncio.gather(*(one.live() for one in self.main))

    async def _disks(self) -> None:
        store = self.kubelet.store
        self.report()
        while not self.ending:
            if volumes.bound(store, self.pod) and self.kubelet.disks.attach(self.pod):
                return
            await asyncio.sleep(0.05)

    def report(self) -> None:
        """Write the status as it is now."""
        now = phase(self)
        values: Object = {
            "phase": now,
            "conditions": conditions(self, now),
            "containerStatuses": [one.status() for one in self.main],
        }
        if self.first:
            values["initContainerStatuses"] = [one.status() for one in self.first]
        if self.address:
            values |= {"podIP": self.address, "podIPs": [{"ip": self.address}]}
        self._status(**values, **self.failure)

    def _status(self, **values: object) -> None:
        writing.set_status(self.kubelet.store, PODS, self.pod, **values)

    def tell(self, reason: str, message: str, *, warning: bool = False, container: str = "") -> None:
        path = f"spec.containers{{{container}}}" if container else ""
        events.tell(
            self.kubelet.store,
            PODS,
            self.pod,
            reason,
            message,
            component="kubelet",
            host=self.node,
            warning=warning,
            path=path,
        )

    def running(self) -> bool:
        return any(one.process for one in [*self.first, *self.main])

    def end(self) -> None:
        """Ask its containers to end; nothing is restarted any more."""
        if not self.ending:
            self.ending = True
            for one in [*self.first, *self.main]:
                one.stop()

    def kill(self, *, oom: bool = False) -> None:
        for one in [*self.first, *self.main]:
            one.kill(oom=oom)

    def fail(self, reason: str, message: str) -> None:
        """The node gives up on this pod."""
        self.failure = {"reason": reason, "message": message}
        self.ending = True
        self.kill()

    async def reap(self) -> None:
        """Wait until no process of it is left."""
        await asyncio.gather(*(one.reaped() for one in [*self.first, *self.main]))
