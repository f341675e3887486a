"""Asks a cluster for the facts; makes nothing in it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC
from email.utils import parsedate_to_datetime

from notebench.contract.errors import Unavailable
from notebench_spawner.backends.kubernetes.asking import Answer, Asker
from notebench_spawner.catalogue.model import Document
from notebench_spawner.pods.pod import Manifest
from notebench_spawner.pods.rights import Right

from notebench_hub.doctor.facts import Facts, May, Objects, Probed, Seen, Tried
from notebench_hub.doctor.sockets import knock
from notebench_hub.doctor.wishes import asked_rights, wishes
from notebench_hub.settings import Settings

_NOT_KNOWN, _NOT_THERE = 401, 404
_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_ADMISSION = "/apis/admissionregistration.k8s.io/v1"
_PLURALS = {
    "Deployment": "deployments",
    "Job": "jobs",
    "PersistentVolumeClaim": "persistentvolumeclaims",
    "Pod": "pods",
    "Service": "services",
}


async def facts(
    asker: Asker,
    namespace: str,
    settings: Settings,
    catalogue: Document,
    *,
    address: str = "",
    probe: Callable[[], Awaitable[Probed]] | None = None,
) -> Facts:
    """All facts, asked side by side; `probe` comes last. Raises Unavailable where nobody answers or knows who
    asks."""
    began = time.time()
    version = await asker.get("/version")
    skew = _skew(version.date, (began + time.time()) / 2)
    said = str(version.body.get("gitVersion") or "")
    core, storage = f"/api/v1/namespaces/{namespace}", "/apis/storage.k8s.io/v1"
    may = await _rights(asker, namespace)
    places = (
        f"{storage}/storageclasses",
        "/api/v1/nodes",
        f"{core}/persistentvolumeclaims",
        f"{core}/pods",
        "/apis/networking.k8s.io/v1/ingressclasses",
    )
    classes, nodes, claims, pods, ingress = await asyncio.gather(*(_list(asker, one) for one in places))
    return Facts(
        namespace=namespace,
        settings=settings,
        catalogue=catalogue,
        version=Seen(said, "" if said else version.said),
        skew=skew,
        may=may,
        room=await _one(asker, core),
        classes=classes,
        nodes=nodes,
        claims=claims,
        pods=pods,
        ingress_classes=ingress,
        rules=await _rules(asker),
        tried=tuple([await _try(asker, namespace, one) for one in wishes(settings, catalogue)]),
        socket=await knock(address) if address else None,
        probed=await probe() if probe else None,
    )


def _skew(date: str, now: float) -> float | None:
    try:
        said = parsedate_to_datetime(date)
    except ValueError:
        return None
    # Half a second more: it says whole seconds only.
    return said.replace(tzinfo=said.tzinfo or UTC).timestamp() + 0.5 - now


async def _rights(asker: Asker, namespace: str) -> tuple[May, ...]:
    """Raises Unavailable where the cluster does not know who asks."""
    return tuple(await asyncio.gather(*(_may(asker, namespace, *one) for one in asked_rights())))


async def _may(asker: Asker, namespace: str, right: Right, verb: str) -> May:
    resource, _, sub = right.resource.partition("/")
    asked = {"namespace": namespace, "group": right.group, "resource": resource, "verb": verb}
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {**asked, **({"subresource": sub} if sub else {})}},
    }
    answer = await asker.create(_REVIEWS, body)
    if answer.status == _NOT_KNOWN:
        raise Unavailable(
            "The cluster does not accept the login in the kubeconfig ({reason}).",
            "Sign in at the cluster anew, or name another context with `--context`.",
            code="cluster-login",
            reason=answer.said,
        )
    allowed = answer.body.get("status", {}).get("allowed") if answer.good else None
    return May(right, verb, allowed)


async def _one(asker: Asker, path: str) -> Seen[Manifest]:
    answer = await asker.get(path)
    if answer.status == _NOT_THERE:
        return Seen({})
    return Seen(answer.body) if answer.good else Seen(why=answer.said)


async def _list(asker: Asker, path: str) -> Objects:
    answer = await asker.get(path)
    return Seen([]) if answer.status == _NOT_THERE else _items(answer)


def _items(answer: Answer) -> Objects:
    items = answer.body.get("items")
    return Seen(items) if answer.good and isinstance(items, list) else Seen(why=answer.said)


async def _rules(asker: Asker) -> Objects:
    """All that has a say, or why that is not known."""
    kinds = (
        "validatingadmissionpolicies",
        "validatingwebhookconfigurations",
        "mutatingwebhookconfigurations",
    )
    found = [await _list(asker, f"{_ADMISSION}/{kind}") for kind in kinds]
    unread = next((one.why for one in found if one.value is None), "")
    return Seen(why=unread) if unread else Seen([rule for one in found for rule in one.value or ()])


async def _try(asker: Asker, namespace: str, wish: Manifest) -> Tried:
    version, kind = wish["apiVersion"], wish["kind"]
    prefix = f"/apis/{version}" if "/" in version else f"/api/{version}"
    answer = await asker.create(f"{prefix}/namespaces/{namespace}/{_PLURALS[kind]}", wish, dry=True)
    made = answer.body if answer.good else {}
    return Tried(kind, wish["metadata"]["name"], answer.status, answer.said, answer.warnings, wish, made)
