"""A cluster's API as a handful of verbs on plain JSON: the only place that knows its client."""

import json
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import ClientError
from kubernetes_asyncio import client

from notebench_spawner.backends.kubernetes.connecting import Connect, Connected
from notebench_spawner.pods import refusals
from notebench_spawner.pods.pod import Manifest

_OF_KIND = {
    "Event": (client.CoreV1Api, "event"),
    "Deployment": (client.AppsV1Api, "deployment"),
    "HorizontalPodAutoscaler": (client.AutoscalingV2Api, "horizontal_pod_autoscaler"),
    "Job": (client.BatchV1Api, "job"),
    "PersistentVolumeClaim": (client.CoreV1Api, "persistent_volume_claim"),
    "Pod": (client.CoreV1Api, "pod"),
    "PodDisruptionBudget": (client.PolicyV1Api, "pod_disruption_budget"),
    "Secret": (client.CoreV1Api, "secret"),
    "Service": (client.CoreV1Api, "service"),
}
_OK, _NOT_YET, _NOT_THERE, _THERE = 200, 400, 404, 409
_SECONDS = 20


class Api(Connected):
    """One namespace of a cluster. Every verb raises Unavailable where the cluster does not do it."""

    def __init__(self, connect: Connect, namespace: str) -> None:
        super().__init__(connect)
        self.namespace = namespace

    async def ensure(self, manifest: Manifest) -> Manifest:
        """Make the object, or find the one of its name: asking twice makes one."""
        kind = manifest["kind"]
        status, made = await self._call("create", kind, body=manifest)
        if status != _THERE:
            return _checked(status, made)
        found = await self.find(kind, manifest["metadata"]["name"])
        return found if found is not None else _checked(status, made)

    async def find(self, kind: str, name: str) -> Manifest | None:
        """The object, or None."""
        status, found = await self._call("read", kind, name=name)
        return None if status == _NOT_THERE else _checked(status, found)

    async def all(self, kind: str, selector: str) -> list[Manifest]:
        """All that a label selector finds. Never from a cache: what was just made must be in it."""
        status, found = await self._call("list", kind, label_selector=selector)
        return list(_checked(status, found)["items"])

    async def warnings(self) -> list[Manifest]:
        """What went wrong lately with pods of the namespace."""
        selector = "involvedObject.kind=Pod,type=Warning"
        status, found = await self._call("list", "Event", field_selector=selector)
        return list(_checked(status, found)["items"])

    async def change(self, kind: str, name: str, change: Manifest) -> bool:
        """Merge a change into the object; False where it is gone."""
        status, found = await self._call("patch", kind, name=name, body=change)
        if status == _NOT_THERE:
            return False
        _checked(status, found)
        return True

    async def remove(self, kind: str, name: str) -> None:
        """Delete the object with all that it owns; nothing where it is gone."""
        status, found = await self._call("delete", kind, name=name, propagation_policy="Background")
        if status != _NOT_THERE:
            _checked(status, found)

    async def log(self, pod: str, *, follow: bool) -> AsyncIterator[bytes]:
        """A pod's output in pieces; nothing where it has none yet, or none any more."""
        core = client.CoreV1Api(self._connection)
        asked = "true" if follow else "false"  # the client would write it with a capital letter
        answer = await core.read_namespaced_pod_log(
            pod, self.namespace, follow=asked, _preload_content=False, _request_timeout=None
        )
        try:
            if answer.status not in (_OK, _NOT_YET, _NOT_THERE):
                _checked(answer.status, json_of(await answer.read()))
            if answer.status == _OK:
                async for piece in answer.content.iter_any():
                    yield piece
        finally:
            answer.close()

    async def _call(self, verb: str, kind: str, **words: Any) -> tuple[int, Manifest]:
        api, name = _OF_KIND[kind]
        method = getattr(api(self._connection), f"{verb}_namespaced_{name}")
        try:
            answer = await method(
                namespace=self.namespace, _preload_content=False, _request_timeout=_SECONDS, **words
            )
            body = await answer.read()
        except (OSError, ClientError) as error:
            raise refusals.unreachable(error) from error
        return answer.status, json_of(body)


def json_of(body: bytes) -> Manifest:
    """The body of an answer; what is no JSON becomes a message."""
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"message": body.decode(errors="replace")}


def _checked(status: int, answer: Manifest) -> Manifest:
    if status >= 300:
        raise refusals.refused(status, json.dumps(answer))
    return answer
