"""Launches notebook runs and model servers on a cluster, and finds them again by their ids."""

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import UTC, datetime, timedelta

from notebench.contract.errors import Refused

from notebench_spawner.backends.base import Handle, Observation, Phase, Stray
from notebench_spawner.backends.kubernetes import observing
from notebench_spawner.backends.kubernetes.api import Api
from notebench_spawner.backends.kubernetes.troubles import Troubles
from notebench_spawner.pods import labels
from notebench_spawner.pods.ending import ending
from notebench_spawner.pods.model_server import (
    Replicas,
    autoscaler_spec,
    deployment_spec,
    disruption_spec,
    service_spec,
)
from notebench_spawner.pods.pod import Manifest
from notebench_spawner.pods.run import job_spec
from notebench_spawner.pods.secret import owned, secret_spec
from notebench_spawner.pods.settings import Pods
from notebench_spawner.workload import Kind, Workload

NAME = "kubernetes"
_LOOK_SECONDS = 0.25
_SPARE_SECONDS = 15.0
_TIDY_SECONDS = 3600.0
_OWNERS = {Kind.run: "Job", Kind.model_server: "Deployment"}
_CHUNK = 50
"""So many ids are in one question: an address must not become too long."""


class KubernetesBackend:
    """Behind the seam: everything is found again by the ids of workloads, after any restart of anybody."""

    def __init__(self, api: Api, settings: Pods, replicas: Replicas | None = None) -> None:
        self._api = api
        self._settings = settings
        self._replicas = replicas or Replicas()
        self._tidy_at = 0.0
        self._troubles = Troubles(api)

    async def start(self, workload: Workload) -> Handle:
        """Make its objects and return. The same id twice is the same thing. Raises NotebenchError."""
        if workload.kind is Kind.session:
            raise Refused("Sessions are started by the hub.", code="session-elsewhere")
        await self._tidy()
        secret = secret_spec(workload)
        if secret:
            await self._api.ensure(secret)  # before the pod, which would wait for it
        owner = await self._api.ensure(self._owner(workload))
        await self._with_it(workload, owner, secret)
        return Handle(backend=NAME, workload=workload.id, state={"kind": workload.kind.value})

    def _owner(self, workload: Workload) -> Manifest:
        if workload.kind is Kind.run:
            return job_spec(workload, self._settings)
        return deployment_spec(workload, self._settings, self._replicas)

    async def _with_it(self, workload: Workload, owner: Manifest, secret: Manifest | None) -> None:
        """What goes when the Job or the Deployment goes."""
        meta = owner["metadata"]
        version, kind = ("batch/v1", "Job") if workload.kind is Kind.run else ("apps/v1", "Deployment")
        belongs = owned(meta["name"], meta["uid"], api_version=version, kind=kind)
        if secret:
            await self._api.change("Secret", workload.id, belongs)
        if workload.kind is Kind.run:
            return
        more = [service_spec(workload, self._settings), disruption_spec(workload, self._settings)]
        if scaled := autoscaler_spec(workload, self._settings, self._replicas):
            more.append(scaled)
        for one in more:
            one["metadata"] |= belongs["metadata"]
            await self._api.ensure(one)

    async def observe(self, handles: Sequence[Handle]) -> list[Observation]:
        """Look at many at once, in the given order. Raises Unavailable where the cluster does not answer."""
        pods: dict[str, list[Manifest]] = {}
        owners: dict[tuple[str, str], Manifest] = {}
        for begin in range(0, len(handles), _CHUNK):
            part = handles[begin : begin + _CHUNK]
            selector = f"{labels.WORKLOAD} in ({','.join(handle.workload for handle in part)})"
            for kind in {_owner_kind(handle) for handle in part}:
                for one in await self._api.all(kind, selector):
                    owners[kind, one["metadata"]["name"]] = one
            for pod in await self._api.all("Pod", selector):
                pods.setdefault(pod["metadata"]["labels"][labels.WORKLOAD], []).append(pod)
        said = await self._troubles.of(one for some in pods.values() for one in some)
        found: list[Observation] = []
        for handle in handles:
            owner, theirs = owners.get((_owner_kind(handle), handle.workload)), pods.get(handle.workload, [])
            if _owner_kind(handle) == "Job":
                found.append(observing.of_run(handle, owner, theirs, said))
            else:
                found.append(observing.of_server(handle, owner, theirs, self._api.namespace, said))
        return found

    async def stop(self, handle: Handle) -> None:
        """End it, and return when it has ended. A run's Job stays and says so: its id never starts again."""
        [seen] = await self.observe([handle])
        if seen.phase not in (Phase.pending, Phase.running):
            return
        if _owner_kind(handle) == "Job":
            when = {observing.STOPPED: datetime.now(UTC).isoformat(timespec="seconds")}
            said = {"metadata": {"annotations": when}, "spec": {"suspend": True}}
            await self._api.change("Job", handle.workload, said)
            grace = self._settings.grace_seconds.run
        else:
            await self._api.remove("Deployment", handle.workload)
            grace = self._settings.grace_seconds.model_server
        until = time.monotonic() + grace + _SPARE_SECONDS
        while time.monotonic() < until:
            if not [pod for pod in await self._pods(handle) if ending(pod.get("status", {})) is None]:
                return
            await asyncio.sleep(_LOOK_SECONDS)

    async def strays(self, known: Collection[str]) -> list[Stray]:
        """What goes on here and is no known workload's; what has ended is the cluster's to forget."""
        found = [
            Handle(backend=NAME, workload=one["metadata"]["name"], state={"kind": kind.value})
            for kind, owner in _OWNERS.items()
            for one in await self._api.all(owner, f"{labels.KIND}={kind.value}")
            if one["metadata"]["name"] not in known
        ]
        going = [
            one.handle for one in await self.observe(found) if one.phase in (Phase.pending, Phase.running)
        ]
        theirs = [Stray(one.workload, f"{_owner_kind(one).lower()}/{one.workload}") for one in going]
        return theirs + await self._stray_sessions(known)

    async def _stray_sessions(self, known: Collection[str]) -> list[Stray]:
        """Pods of sessions: the hub makes them and finds them again, unless it has forgotten them."""
        pods = await self._api.all("Pod", f"{labels.KIND}={Kind.session.value}")
        named = [(one["metadata"]["labels"].get(labels.WORKLOAD, ""), one) for one in pods]
        return [
            Stray(name, f"pod/{pod['metadata']['name']}")
            for name, pod in named
            if name not in known and ending(pod.get("status", {})) is None
        ]

    async def _tidy(self) -> None:
        """Now and then, forget runs that were stopped long ago; the cluster forgets those that ended."""
        if time.monotonic() < self._tidy_at:
            return
        self._tidy_at = time.monotonic() + _TIDY_SECONDS
        before = datetime.now(UTC) - timedelta(seconds=self._settings.kept_seconds)
        for job in await self._api.all("Job", f"{labels.KIND}={Kind.run.value}"):
            when = job["metadata"].get("annotations", {}).get(observing.STOPPED)
            if when and datetime.fromisoformat(when) < before:
                await self._api.remove("Job", job["metadata"]["name"])

    async def logs(self, handle: Handle, *, follow: bool = False) -> AsyncIterator[str]:
        """Its output, line by line; with `follow` until it ends."""
        while not (pods := await self._with_output(handle)):
            [seen] = await self.observe([handle])
            if not follow or seen.phase not in (Phase.pending, Phase.running):
                return
            await asyncio.sleep(_LOOK_SECONDS)
        rest = b""
        async for piece in self._api.log(pods[-1]["metadata"]["name"], follow=follow):
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                yield line.decode(errors="replace")
        if rest:
            yield rest.decode(errors="replace")

    async def _with_output(self, handle: Handle) -> list[Manifest]:
        pods = await self._pods(handle)
        return [pod for pod in pods if pod.get("status", {}).get("phase", "Pending") != "Pending"]

    async def _pods(self, handle: Handle) -> list[Manifest]:
        return await self._api.all("Pod", f"{labels.WORKLOAD}={handle.workload}")


def _owner_kind(handle: Handle) -> str:
    return _OWNERS[Kind(handle.state.get("kind", Kind.run))]
