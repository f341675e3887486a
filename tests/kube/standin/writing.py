"""Create, update and patch: what the API does to an object on its way into the store."""

import copy
from typing import Any

from tests.kube.standin import addresses, defaults, names, patching, quota, rules, status
from tests.kube.standin.kinds import NAMESPACES, PODS, QUOTAS, SERVICES, Kind, Object
from tests.kube.standin.store import Store

_KEPT = (
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "namespace",
    "name",
)


def create(store: Store, kind: Kind, namespace: str, given: Any, *, dry: bool = False) -> Object:
    """A new object. Transcript: create-twice. Transcript: generate-name. Transcript: create-defaults."""
    thing = rules.as_object(kind, given)
    meta = thing.setdefault("metadata", {})
    if kind.namespaced:
        rules.in_namespace(store, kind, meta, namespace)
    if meta.get("resourceVersion"):
        # With this code, and no reason. Transcript: bad-requests.
        raise status.Refused(500, "", "resourceVersion should not be set on objects to be created")
    if not meta.get("name") and meta.get("generateName"):
        meta["name"] = names.generated(meta["generateName"])
    names.check(kind, meta.get("name", ""))
    for word in ("selfLink", "deletionTimestamp", "deletionGracePeriodSeconds"):
        meta.pop(word, None)
    meta["uid"], meta["creationTimestamp"] = names.uid(), names.now()
    if kind.counts_generations:
        meta["generation"] = 1
    defaults.fill(kind, thing)
    if kind.namespaced:
        quota.check(store, kind, thing)
    if store.find(kind, meta.get("namespace", ""), meta["name"]):
        raise status.already_exists(kind, meta["name"])
    if dry:
        return thing
    if kind is SERVICES and thing["spec"]["type"] != "ExternalName":
        thing["spec"].setdefault("clusterIP", addresses.of_service(store))  # Transcript: service-address
    written = store.put(kind, thing)
    if kind is QUOTAS:
        quota.count(store)
        return store.find(kind, namespace, meta["name"]) or written
    return written


def read(store: Store, kind: Kind, namespace: str, name: str) -> Object:
    """One object. Transcript: get-unknown."""
    found = store.find(kind, namespace, name)
    if found is None:
        raise status.not_found(kind, name)
    return found


def update(store: Store, kind: Kind, namespace: str, name: str, given: Any, sub: str = "") -> Object:
    """PUT. Transcript: update-conflict."""
    new = rules.as_object(kind, given)
    if new.setdefault("metadata", {}).setdefault("name", name) != name:
        raise status.bad_request(
            f"the name of the object ({new['metadata']['name']}) does not match the name on the URL ({name})"
        )
    return _replace(store, kind, read(store, kind, namespace, name), new, sub)


def patch(
    store: Store, kind: Kind, namespace: str, name: str, steps: Any, content: str, sub: str = ""
) -> Object:
    """PATCH. Transcript: patch-merge. Transcript: patch-strategic. Transcript: patch-json."""
    old = read(store, kind, namespace, name)
    return _replace(store, kind, old, patching.apply(copy.deepcopy(old), steps, content), sub)


def _replace(store: Store, kind: Kind, old: Object, new: Object, sub: str = "") -> Object:
    meta, was = new["metadata"], old["metadata"]
    if meta.get("uid") not in (None, was["uid"]):
        raise status.conflict(
            kind,
            was["name"],
            f"Precondition failed: UID in precondition: {meta['uid']}, UID in object meta: {was['uid']}",
        )
    if meta.get("resourceVersion") not in (None, "", was["resourceVersion"]):
        raise status.conflict(kind, was["name"])
    for word in _KEPT:
        meta.pop(word, None)
        if word in was:
            meta[word] = was[word]
    meta["resourceVersion"] = was["resourceVersion"]
    if kind.has_status and sub == "status":
        new = copy.deepcopy(old) | {"status": new.get("status") or {}}
    elif kind.has_status:
        new["status"] = copy.deepcopy(old.get("status") or {})
    rules.unchanged(kind, old, new)
    if new == old:
        return old  # a change that changes nothing writes nothing. Transcript: patch-merge
    if kind.counts_generations and new.get("spec") != old.get("spec"):
        new["metadata"]["generation"] = was["generation"] + 1
    return write(store, kind, new)


def write(store: Store, kind: Kind, thing: Object) -> Object:
    """Store it, or let it go when it waited only for its last finalizer. Transcript: finalizers."""
    meta = thing["metadata"]
    if (
        meta.get("deletionTimestamp")
        and not meta.get("finalizers")
        and kind is not PODS
        and kind is not NAMESPACES
    ):
        return store.remove(kind, meta.get("namespace", ""), meta["name"])
    return store.put(kind, thing)


def set_status(store: Store, kind: Kind, thing: Object, **values: Any) -> Object:
    """A controller's write: some fields of the status of what is there now; nothing where it is gone."""
    now = store.find(kind, thing["metadata"].get("namespace", ""), thing["metadata"]["name"])
    if not now or now["metadata"]["uid"] != thing["metadata"]["uid"]:
        return thing
    changed = {key: value for key, value in ((now.get("status") or {}) | values).items() if value is not None}
    return now if changed == now.get("status") else store.put(kind, now | {"status": changed})
