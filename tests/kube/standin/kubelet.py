"""The kubelets of all nodes: each pod on a node has a life of its own here, until its end."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from tests.kube.standin import addresses, deleting, mounts, status
from tests.kube.standin.images import Images
from tests.kube.standin.kinds import PODS, Object
from tests.kube.standin.podlife import PodLife
from tests.kube.standin.store import Store
from tests.kube.standin.volumes import Disks, alive


class Kubelet:
    """Starts, watches and ends the processes of pods."""

    def __init__(self, store: Store, state: Path, images: Images) -> None:
        self.store, self.state, self.images = store, state, images
        self.disks = Disks(store)
        self.as_users = False
        """Whether pods run as the accounts that they name; else as whoever runs this."""
        self.pace = 1.0
        """How long a second of waiting lasts: back-offs and periods of probes, never a grace period."""
        self._addresses = 0
        self.lives: dict[str, PodLife] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ending: set[str] = set()

    def address(self) -> str:
        """A new address on loopback, so that several pods can listen on the same port."""
        self._addresses += 1
        return addresses.of_pod(self.store.network, self._addresses)

    def step(self) -> None:
        pods = {pod["metadata"]["uid"]: pod for pod in self.store.all(PODS)}
        for uid, pod in pods.items():
            if pod["spec"].get("nodeName") and uid not in self.lives and alive(pod):
                life = self.lives[uid] = PodLife(self, pod)
                self._tasks[uid] = asyncio.get_running_loop().create_task(life.live())
            if pod["metadata"].get("deletionTimestamp") and uid in self.lives and uid not in self._ending:
                self._ending.add(uid)
                self._tasks[f"end of {uid}"] = asyncio.get_running_loop().create_task(self._end(uid))
        for uid in [uid for uid in self.lives if uid not in pods]:
            self._forget(uid)
        for name in [name for name, task in self._tasks.items() if task.done()]:
            self._tasks.pop(name).result()

    async def _end(self, uid: str) -> None:
        """Ask, wait for the grace period, kill, and tell the API that it is over.

        Transcript: delete-pod-grace.
        """
        life = self.lives[uid]
        life.end()
        while life.running() and self._seconds_left(life) > 0:
            await asyncio.sleep(0.02)
        life.kill()
        while life.running():
            await asyncio.sleep(0.01)
        await life.over.wait()
        if self._now(life):
            try:
                deleting.delete(self.store, PODS, life.space, life.name, {"gracePeriodSeconds": 0})
            except status.Refused:
                return  # somebody else's DELETE was quicker

    def _now(self, life: PodLife) -> Object | None:
        pod = self.store.find(PODS, life.space, life.name)
        return pod if pod and pod["metadata"]["uid"] == life.uid else None

    def _seconds_left(self, life: PodLife) -> float:
        pod = self._now(life)
        if not pod:
            return 0
        until = datetime.fromisoformat(pod["metadata"]["deletionTimestamp"])
        return (until - datetime.now(UTC)).total_seconds() + 1  # timestamps are whole seconds

    def _forget(self, uid: str) -> None:
        """Its object is gone, for example by force: so are its processes."""
        life = self.lives.pop(uid)
        life.end()
        life.kill()
        self._ending.discard(uid)
        mounts.clear(self.state, uid)

    async def stop(self) -> None:
        """End everything that still runs."""
        for life in self.lives.values():
            life.end()
            life.kill()
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        await asyncio.gather(*(life.reap() for life in self.lives.values()))
