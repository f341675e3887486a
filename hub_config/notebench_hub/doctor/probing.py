"""Makes pods in a cluster, sees whether one reaches the other before and after a policy, and cleans up."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from notebench.contract.errors import NotebenchError
from notebench_spawner.backends.kubernetes.asking import Asker
from notebench_spawner.pods.ending import ending
from notebench_spawner.pods.pod import Manifest
from notebench_spawner.pods.settings import Pods
from notebench_spawner.pods.waiting import waiting

from notebench_hub.doctor import probes
from notebench_hub.doctor.facts import Probed
from notebench_hub.doctor.probes import Volume
from notebench_hub.i18n import _

_LOOK_SECONDS = 0.5
_GONE_SECONDS = 60
_NOT_THERE = 404
_PLACES = {
    "NetworkPolicy": "/apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies",
    "PersistentVolumeClaim": "/api/v1/namespaces/{namespace}/persistentvolumeclaims",
    "Pod": "/api/v1/namespaces/{namespace}/pods",
}


class _Ends(Exception):
    """The probe cannot go on; its words say why."""


@dataclass
class Probe:
    """One probe in a namespace; `tell` hears lines for people."""

    asker: Asker
    namespace: str
    image: str
    settings: Pods
    volumes: list[Volume]
    seconds: float
    tell: Callable[[str], None]
    run: str = field(default_factory=lambda: secrets.token_hex(4))
    made: list[str] = field(default_factory=list)
    """Paths of what is there because of us, in the order in which it was made."""

    async def probe(self) -> Probed:
        """All of it; whatever happens, nothing stays. Raises Unavailable where the cluster is away."""
        found = Probed(self.image)
        async with self._cleaned():
            try:
                await self._network(found)
            except _Ends as end:
                found.problem = str(end)
        return found

    async def _network(self, found: Probed) -> None:
        claims = {f"notebench-doctor-{self.run}-{one.subject}": one for one in self.volumes}
        for name, one in claims.items():
            await self._make(probes.claim(name, self.run, one))
        name = self._name("listener")
        await self._make(probes.listener(name, self.run, self.image, self.settings, claims))
        found.taken = True
        await self._until(name, _came)
        found.image_came = True
        pod = await self._until(name, _ready_or_over)
        await self._alive(name)
        found.written = True
        address = pod["status"].get("podIP", "")
        found.open_before = await self._calls("before", address, "open")
        await self._alive(name)
        await self._make(probes.closed(self._name("policy"), self.run))
        found.closed_after = await self._calls("after", address, "closed")
        await self._alive(name)

    async def _calls(self, which: str, address: str, wanted: str) -> bool:
        name = self._name(which)
        await self._make(
            probes.caller(name, self.run, self.image, self.settings, address=address, wanted=wanted)
        )
        pod = await self._until(name, _over)
        return bool(pod["status"]["phase"] == "Succeeded")

    async def _alive(self, name: str) -> None:
        """The listener runs still: else that nobody reaches it would mean nothing."""
        status = (await self._read(name)).get("status", {})
        if ended := ending(status):
            said = await self.asker.get(f"{self._place('Pod')}/{name}/log")
            words = said.said if said.good else ""
            raise _Ends(words or ended.sentence or str(status.get("reason", "")))

    async def _until(self, name: str, done: Callable[[Manifest], bool]) -> Manifest:
        """The pod, once its status passes; what it waits for is said, and what it waits for in vain."""
        until = time.monotonic() + self.seconds
        told = ""
        while True:
            pod = await self._read(name)
            status = pod.get("status", {})
            if done(status):
                return pod
            template, reason = waiting(status)
            said = _(template).format(reason=reason) if template else ""
            if said and said != told:
                self.tell(f"  {name}: {said}")
                told = said
            if time.monotonic() > until:
                raise _Ends(said or _("It took longer than {seconds} s.", seconds=round(self.seconds)))
            await asyncio.sleep(_LOOK_SECONDS)

    async def _read(self, name: str) -> Manifest:
        answer = await self.asker.get(f"{self._place('Pod')}/{name}")
        if not answer.good:
            raise _Ends(answer.said)
        return answer.body

    async def _make(self, manifest: Manifest) -> None:
        path = self._place(manifest["kind"])
        # Before it is made: an answer that gets lost, or Ctrl-C, may come after it was.
        self.made.append(f"{path}/{manifest['metadata']['name']}")
        answer = await self.asker.create(path, manifest)
        if not answer.good:
            self.made.pop()
            raise _Ends(answer.said)

    def _place(self, kind: str) -> str:
        return _PLACES[kind].format(namespace=self.namespace)

    def _name(self, part: str) -> str:
        return f"notebench-doctor-{self.run}-{part}"

    @asynccontextmanager
    async def _cleaned(self) -> AsyncIterator[None]:
        try:
            yield
        finally:
            try:
                await self._remove()
            except (NotebenchError, TimeoutError):
                self.tell(
                    _(
                        "Not all that was made could be deleted. Delete it with `kubectl -n {namespace} "
                        "delete "
                        "pod,pvc,networkpolicy -l {label}={run}`.",
                        namespace=self.namespace,
                        label=probes.LABEL,
                        run=self.run,
                    )
                )

    async def _remove(self) -> None:
        """Raises Unavailable, and TimeoutError where something does not go."""
        for path in reversed(self.made):
            await self.asker.delete(path)
        async with asyncio.timeout(_GONE_SECONDS):
            for path in self.made:
                await self._gone(path)

    async def _gone(self, path: str) -> None:
        while (await self.asker.get(path)).status != _NOT_THERE:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(_LOOK_SECONDS)


def _came(status: Manifest) -> bool:
    return bool(status.get("phase", "Pending") != "Pending")


def _over(status: Manifest) -> bool:
    return status.get("phase") in ("Succeeded", "Failed")


def _ready_or_over(status: Manifest) -> bool:
    found = status.get("conditions") or ()
    ready = any(one.get("type") == "Ready" and one.get("status") == "True" for one in found)
    return ready or _over(status)
