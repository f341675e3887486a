"""DELETE: grace periods, finalizers, preconditions, and what happens to what an object owned."""

from datetime import UTC, datetime, timedelta

from tests.kube.standin import names, status, writing
from tests.kube.standin.kinds import JOBS, NAMESPACES, PODS, Kind, Object
from tests.kube.standin.store import Store

ORPHANS = (
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to "
    "remove them or "
    "set propagationPolicy=Orphan to suppress this warning"
)


def delete(store: Store, kind: Kind, namespace: str, name: str, options: Object) -> tuple[Object, list[str]]:
    """What is answered, and the warnings with it. Transcript: delete-answers."""
    thing = writing.read(store, kind, namespace, name)
    _preconditions(kind, thing, options.get("preconditions") or {})
    policy, warnings = options.get("propagationPolicy"), []
    if kind is JOBS and policy is None:
        policy, warnings = "Orphan", [ORPHANS]  # Transcript: delete-job
    if "dryRun" in options:
        return thing, warnings
    if kind is PODS:
        return _pod(store, thing, options), warnings
    if kind is NAMESPACES:
        return _namespace(store, thing), warnings
    return _finalized(store, kind, thing, policy), warnings


def _preconditions(kind: Kind, thing: Object, wanted: Object) -> None:
    """Transcript: delete-preconditions."""
    meta = thing["metadata"]
    for word, label in (("uid", "UID"), ("resourceVersion", "ResourceVersion")):
        if wanted.get(word) not in (None, meta[word]):
            why = f"{label} in precondition: {wanted[word]}, {label} in object meta: {meta[word]}"
            raise status.conflict(kind, meta["name"], f"Precondition failed: {why}")


def _pod(store: Store, pod: Object, options: Object) -> Object:
    """Graceful where a kubelet must end it first. Transcript: delete-pod-grace."""
    meta = pod["metadata"]
    grace = options.get("gracePeriodSeconds")
    if grace is None:
        grace = pod["spec"]["terminationGracePeriodSeconds"]
    if not pod["spec"].get("nodeName") or pod["status"].get("phase") in ("Succeeded", "Failed"):
        grace = 0
    if meta.get("deletionTimestamp"):
        if grace >= meta["deletionGracePeriodSeconds"] and grace > 0:
            return pod  # a second DELETE can only shorten
        began = datetime.fromisoformat(meta["deletionTimestamp"]) - timedelta(
            seconds=meta["deletionGracePeriodSeconds"]
        )
    else:
        began = datetime.now(UTC)
        if "generation" in meta:
            meta["generation"] += 1
    meta["deletionTimestamp"] = (began + timedelta(seconds=grace)).strftime("%Y-%m-%dT%H:%M:%SZ")
    meta["deletionGracePeriodSeconds"] = grace
    if grace == 0 and not meta.get("finalizers"):
        gone = store.remove(PODS, meta["namespace"], meta["name"])
        ended = {name: meta[name] for name in ("deletionTimestamp", "deletionGracePeriodSeconds")}
        return gone | {"metadata": gone["metadata"] | ended}
    return store.put(PODS, pod)


def _namespace(store: Store, room: Object) -> Object:
    """It goes when everything in it has gone, which a controller sees to. Transcript: namespaces."""
    room["metadata"].setdefault("deletionTimestamp", names.now())
    room["status"] = {"phase": "Terminating"}
    return store.put(NAMESPACES, room)


def _finalized(store: Store, kind: Kind, thing: Object, policy: str | None) -> Object:
    """Gone at once, or waiting for its finalizers. Transcript: finalizers."""
    meta = thing["metadata"]
    extra = {"Foreground": "foregroundDeletion", "Orphan": "orphan"}.get(policy or "")
    finalizers = list(meta.get("finalizers") or [])
    if extra and extra not in finalizers:
        finalizers.append(extra)
    if not finalizers:
        gone = store.remove(kind, meta.get("namespace", ""), meta["name"])
        return gone if kind.returns_deleted else status.deleted(kind, meta["name"], meta["uid"])
    if meta.get("deletionTimestamp") and finalizers == meta.get("finalizers"):
        return thing
    meta.setdefault("deletionTimestamp", names.now())
    meta.setdefault("deletionGracePeriodSeconds", 0)
    meta["finalizers"] = finalizers
    return store.put(kind, thing)


def drop_finalizer(store: Store, kind: Kind, thing: Object, finalizer: str) -> None:
    """A controller has done what its finalizer waited for."""
    meta = thing["metadata"]
    meta["finalizers"] = [word for word in meta.get("finalizers") or [] if word != finalizer]
    if not meta["finalizers"]:
        del meta["finalizers"]
    pod_is_over = (
        kind is PODS and meta.get("deletionTimestamp") and meta.get("deletionGracePeriodSeconds") == 0
    )
    if pod_is_over and not meta.get("finalizers"):
        store.remove(kind, meta["namespace"], meta["name"])
    else:
        writing.write(store, kind, thing)
