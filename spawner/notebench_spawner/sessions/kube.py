"""Sessions on a cluster: KubeSpawner, with pods that are made from what the Notebench service grants.

Claims of volumes, watching, waiting, progress and deleting are KubeSpawner's. What is in a pod is not said by
its settings but by the workload; secrets are in a Secret that goes with the pod, so that neither who may look
at pods nor the hub's log, which has the whole pod when its start is refused, has them.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any, cast

from aiohttp import ClientError
from jupyterhub.spawner import SpawnException
from kubernetes_asyncio.client.exceptions import ApiException
from kubernetes_asyncio.client.models import V1Container, V1ObjectMeta, V1Pod, V1PodSpec
from kubespawner import KubeSpawner
from kubespawner.utils import get_k8s_model
from notebench.contract.sessions import SessionState
from traitlets import Any as AnyTrait
from traitlets import Instance, default

from notebench_spawner.pods import refusals
from notebench_spawner.pods.ending import Ending, ending
from notebench_spawner.pods.image import by_digest
from notebench_spawner.pods.names import home_claim, session_name
from notebench_spawner.pods.pod import Manifest
from notebench_spawner.pods.secret import owned, secret_spec
from notebench_spawner.pods.settings import Pods
from notebench_spawner.sessions import cluster_refusals
from notebench_spawner.sessions.endings import UNKNOWN, remember
from notebench_spawner.sessions.granted import GrantedSession
from notebench_spawner.sessions.home_space import space_of_start
from notebench_spawner.sessions.jupyter import as_server
from notebench_spawner.sessions.phases import WORDS, News, Step
from notebench_spawner.sessions.pod_news import news_of
from notebench_spawner.sessions.session_pod import RUNTIME, apart, session_manifest

_EXISTS = 409
_MEBIBYTE = 1024 * 1024
_TELL_SECONDS = 0.5
_SPARE_SECONDS = 5
"""So much before the hub loses patience, which knows no reason, it is said what the start waits for."""


class CatalogueKubeSpawner(GrantedSession, KubeSpawner):  # type: ignore[misc]  # both have no types
    """KubeSpawner whose pod manifest comes from a granted workload."""

    cluster = Instance(Pods, args=(), help="What the cluster's workloads have in common.").tag(config=True)

    @default("pod_name_template")
    def _own_pod_name(self) -> str:
        return session_name(self.user.name, self.name)

    @default("storage_pvc_ensure")
    def _own_volume_each(self) -> bool:
        return not self.cluster.homes.folder  # a volume that many share is the operator's to make

    @default("after_pod_created_hook")
    def _secret_of_pod(self) -> Any:
        return type(self)._give_secret_to_pod

    pvc_name: str
    namespace: str
    _pvc_exists: bool

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._usual_namespace = self.namespace

    _starting = False
    """True while KubeSpawner may delete a pod that is in the way of the one it makes."""

    news = AnyTrait(help="Progress of the start that is going on.")

    @default("news")
    def _default_news(self) -> News:
        return News()

    # The start

    async def run_pre_spawn_hook(self) -> None:
        """Ask the service; what is said from here on is of this start."""
        self.news = News()
        self.news.tell(Step.choice, self._say(WORDS[Step.choice]))
        await super().run_pre_spawn_hook()

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """Phases in the words of who started it; what the pod waits for is among them."""
        async for event in self.news.follow():
            yield event

    async def _tell(self) -> None:
        """Look at the pod again and again, as the watch of all pods has it, and say what it waits for."""
        while True:
            told = news_of(self._status(), self.events)
            self.news.tell(told.step, self._say(told.words).format(reason=told.reason), told.fraction)
            await asyncio.sleep(_TELL_SECONDS)

    async def _prepare(self) -> None:
        workload = await self._grant()
        self._move(workload.acting_for)
        # What JupyterHub tells the server of itself; the pod has it from the workload.
        self.image = by_digest(workload.image)
        self.cpu_limit, self.cpu_guarantee = workload.hardware.cpu, None
        self.mem_limit, self.mem_guarantee = workload.hardware.memory_mib * _MEBIBYTE, None
        claim = home_claim(self.cluster.homes, self.user.name)
        if self._pvc_exists and self.pvc_name != claim:
            raise cluster_refusals.other_home(self.pvc_name, claim)
        self.pvc_name = claim

    def _move(self, acting_for: str) -> None:
        """Into the namespace of this start; the volume that is remembered is one of the namespace before."""
        found = space_of_start(
            self.cluster.namespaces,
            usual=self._usual_namespace,
            user=self.user.name,
            acting_for=acting_for,
            before=self.namespace,
            claim=self.pvc_name if self._pvc_exists else "",
        )
        if found != self.namespace:
            self.namespace, self._pvc_exists = found, False

    async def load_user_options(self) -> None:
        """KubeSpawner would look for the choice in its own list of profiles; the service has resolved it."""

    async def get_pod_manifest(self) -> V1Pod:
        """The pod of the granted workload; its Secret is there before it."""
        if self.workload is None:
            raise RuntimeError("get_pod_manifest() without a grant")
        values, references = apart(self.get_env())
        workload = as_server(self.workload, self.get_args(), values, runtime=RUNTIME)
        workload = workload.model_copy(update={"port": self.port})
        manifest = session_manifest(
            workload,
            self.cluster,
            name=self.pod_name,
            labels=self._build_pod_labels(self._expand_all(self.extra_labels)),
            annotations=self._build_common_annotations(self._expand_all(self.extra_annotations)),
            env=references,
        )
        await self._put_secret(secret_spec(workload))
        return _as_model(manifest)

    async def _put_secret(self, secret: Manifest | None) -> None:
        """Make it, once. Raises ApiException or TimeoutError."""
        if secret is None:
            return
        request = self.api.create_namespaced_secret(namespace=self.namespace, body=secret)
        try:
            await asyncio.wait_for(request, self.k8s_api_request_timeout)
        except ApiException as error:
            if error.status != _EXISTS:
                raise

    async def _give_secret_to_pod(self, pod: Mapping[str, Any]) -> None:
        """The Secret goes when the pod goes, whoever deletes that."""
        if self.workload is None:
            return
        owner = owned(self.pod_name, pod["metadata"]["uid"], api_version="v1", kind="Pod")
        await self.api.patch_namespaced_secret(name=self.workload.id, namespace=self.namespace, body=owner)

    async def _drop_secret(self) -> None:
        """After a start that failed there may be no pod that it goes with. What cannot be deleted now is
        found by its label later."""
        if self.workload is not None:
            with suppress(ApiException, ClientError, OSError):
                await self.api.delete_namespaced_secret(name=self.workload.id, namespace=self.namespace)

    async def start(self) -> str:
        """Launch the granted workload; what the cluster says against it is said to people."""
        self._remember()
        self._starting = True
        telling = asyncio.ensure_future(self._tell())
        try:
            seconds = max(self.start_timeout - _SPARE_SECONDS, _SPARE_SECONDS)
            url = await asyncio.wait_for(super().start(), seconds)
        except Exception as error:
            exception = self._refusal(error)
            await self._drop_secret()
            raise exception from None
        finally:
            telling.cancel()
            self._starting = False
        self.news.tell(Step.server, self._say(WORDS[Step.server]), 0.5)
        await self._report(self.session, SessionState.running, url=self.server.base_url)
        return str(url)

    def _refusal(self, error: Exception) -> SpawnException:
        if isinstance(error, ApiException):
            where = f"{error.reason or ''} in the namespace {self.namespace}".lstrip()
            error = refusals.refused(error.status or 0, _text(error.body), where)
        elif isinstance(error, TimeoutError):
            warnings = [one["message"] for one in self.events if one.get("type") == "Warning"]
            last = warnings[-1] if warnings else ""
            error = cluster_refusals.slow(self.start_timeout, self._status(), last)
        elif isinstance(error, OSError | ClientError):
            error = refusals.unreachable(error)
        return super()._refusal(error)

    async def _start_reflector(
        self, kind: str, reflector_class: type[Any], replace: bool = False, **more: Any
    ) -> Any:
        """What watches for all sessions of a namespace; one that has given up is replaced.

        After an API that was away for a minute, or that refused the first look, KubeSpawner would go by what
        it saw last, for ever: no start would be seen to come up any more.
        """
        key = self._get_reflector_key(kind)
        found = self.reflectors.get(key)
        gave_up = found is not None and found.first_load_future.done() and not _watches(found)
        try:
            return await super()._start_reflector(kind, reflector_class, replace=replace or gave_up, **more)
        finally:
            made = self.reflectors.get(key)
            if made is not None and made is not found and not _watches(made):
                _give_up(made)

    # Its life and its end

    async def poll(self) -> int | None:
        """None while the pod is there, else an exit code. Says to the service how it ended, once."""
        try:
            code = cast(int | None, await super().poll())
        except (ApiException, ClientError, OSError):
            if not self.failure:
                raise  # whether it runs is not known
            code = 1  # it did not start, for the same reason; what is left of it the next start takes away
        if code is not None and not self._start_pending:
            await self._over(self._ending() or Ending(code, UNKNOWN))
        return code

    async def stop(self, now: bool = False) -> None:
        """Delete the pod and wait until it is gone; tell the service, also how it ended before that."""
        ended = self._ending()
        await super().stop(now)
        if not self._starting:
            await self._over(ended or Ending(0, ""))

    async def _over(self, ended: Ending) -> None:
        """Nothing of a session is left, and its record says why."""
        if not self.session:
            return  # somebody else was here
        session, self.session = self.session, ""
        if ended.code:
            remember(self.user.name, self.name, ended.sentence)
        state = SessionState.failed if self.failure or ended.code else SessionState.stopped
        await self._report(session, state, self.failure or ended.sentence)

    def _ending(self) -> Ending | None:
        return ending(self._status(), self.workload.hardware.memory_mib if self.workload else None)

    def _status(self) -> Mapping[str, Any]:
        """What the cluster said last of the pod."""
        pods = self.pod_reflector.pods if self.pod_reflector else {}
        return cast(Mapping[str, Any], pods.get(f"{self.namespace}/{self.pod_name}", {}).get("status") or {})


def _watches(reflector: Any) -> bool:
    return reflector.watch_task is not None and not reflector.watch_task.done()


def _give_up(reflector: Any) -> None:
    """Nobody waits for the first look of one that was broken off before it came to one."""
    loaded = reflector.first_load_future
    if not loaded.done():
        loaded.set_exception(ConnectionError("The first look was broken off."))
        loaded.exception()  # nobody has to fetch it


def _text(body: bytes | str | None) -> str:
    return body.decode(errors="replace") if isinstance(body, bytes) else body or ""


def _as_model(manifest: Manifest) -> V1Pod:
    """The manifest as KubeSpawner makes its own: models down to the containers, for who modifies pods."""
    spec = get_k8s_model(V1PodSpec, manifest["spec"])
    spec.containers = [get_k8s_model(V1Container, one) for one in manifest["spec"]["containers"]]
    return V1Pod(
        api_version=manifest["apiVersion"],
        kind=manifest["kind"],
        metadata=V1ObjectMeta(**manifest["metadata"]),
        spec=spec,
    )
