"""What controllers share: pods made from a template, owned by the object that wanted them."""

import copy
import time

from tests.kube.standin import deleting, events, status, writing
from tests.kube.standin.kinds import PODS, Kind, Object
from tests.kube.standin.store import Store


class Waits:
    """Owners whose pod was refused: they try again later, not all the time."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def wait(self, owner: Object, seconds: float) -> None:
        self._until[owner["metadata"]["uid"]] = time.monotonic() + max(seconds, 0.3)

    def waiting(self, owner: Object) -> bool:
        return time.monotonic() < self._until.get(owner["metadata"]["uid"], 0)


def pods(store: Store, owner: Object) -> list[Object]:
    meta = owner["metadata"]
    return [pod for _, pod in store.owned(meta["uid"], [PODS], meta["namespace"])]


def finished(pod: Object) -> bool:
    return pod["status"].get("phase") in ("Succeeded", "Failed")


def ready(pod: Object) -> bool:
    """Whether its Ready condition holds."""
    return any(
        one["type"] == "Ready" and one["status"] == "True" for one in pod["status"].get("conditions") or []
    )


def active(store: Store, owner: Object) -> list[Object]:
    """Its pods that are neither over nor on their way out."""
    return [
        pod
        for pod in pods(store, owner)
        if not finished(pod) and not pod["metadata"].get("deletionTimestamp")
    ]


def make(
    store: Store,
    kind: Kind,
    owner: Object,
    prefix: str,
    component: str,
    *,
    labels: dict[str, str] | None = None,
    finalizers: list[str] | None = None,
) -> Object | None:
    """One pod of the owner's template; a refusal becomes an event of the owner. Transcript: quota-job."""
    template = copy.deepcopy(owner["spec"]["template"])
    about = template.get("metadata") or {}
    reference = {
        "apiVersion": kind.api_version,
        "kind": kind.name,
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
    meta: Object = {
        "generateName": prefix,
        "labels": (about.get("labels") or {}) | (labels or {}),
        "annotations": about.get("annotations") or {},
        "ownerReferences": [reference],
    }
    if finalizers:
        meta["finalizers"] = finalizers
    pod = {"metadata": meta, "spec": template["spec"]}
    try:
        made = writing.create(store, PODS, owner["metadata"]["namespace"], pod)
    except status.Refused as refused:
        said = f"Error creating: {refused.message}"
        events.tell(store, kind, owner, "FailedCreate", said, component=component, warning=True)
        return None
    said = f"Created pod: {made['metadata']['name']}"
    events.tell(store, kind, owner, "SuccessfulCreate", said, component=component)
    return made


def drop(store: Store, kind: Kind, owner: Object, pod: Object, component: str) -> None:
    """Delete one of the owner's pods."""
    meta = pod["metadata"]
    if meta.get("deletionTimestamp"):
        return
    deleting.delete(store, PODS, meta["namespace"], meta["name"], {})
    events.tell(store, kind, owner, "SuccessfulDelete", f"Deleted pod: {meta['name']}", component=component)
