"""The Deployment controller, without ReplicaSets in between: pods carry the hash of their template.

Transcript: deployment-ready. Transcript: deployment-rolls. Transcript: deployment-stuck.
"""

import json
import math
from datetime import UTC, datetime

from tests.kube.standin import names, owned, writing
from tests.kube.standin.kinds import DEPLOYMENTS, Object
from tests.kube.standin.store import Store

_NAME = "deployment-controller"
_HASH = "pod-template-hash"


class Deployments:
    """Keeps each Deployment's pods at the number and the template that it wants."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waits = owned.Waits()

    def step(self) -> None:
        for one in self._store.all(DEPLOYMENTS):
            if not one["metadata"].get("deletionTimestamp"):
                self._one(one)

    def _one(self, deployment: Object) -> None:
        spec, wanted = deployment["spec"], deployment["spec"]["replicas"]
        mark = names.template_hash(json.dumps(spec["template"], sort_keys=True))
        pods = owned.pods(self._store, deployment)
        live = owned.active(self._store, deployment)
        new = [pod for pod in live if pod["metadata"]["labels"].get(_HASH) == mark]
        old = [pod for pod in live if pod not in new]
        surge, missing = _leeway(spec, wanted)
        if spec["strategy"]["type"] == "Recreate":
            room = 0 if len(pods) > len(new) else wanted - len(new)
            removable = len(old)
        else:
            room = min(wanted - len(new), wanted + surge - len(live))
            removable = sum(map(owned.ready, live)) - (wanted - missing)
        for _ in range(0 if self._waits.waiting(deployment) else max(room, 0)):
            prefix = f"{deployment['metadata']['name']}-{mark}-"
            if not owned.make(self._store, DEPLOYMENTS, deployment, prefix, _NAME, labels={_HASH: mark}):
                self._waits.wait(deployment, 1)
                break
        _shrink(self._store, deployment, old, removable)
        for pod in sorted(new, key=owned.ready)[: max(len(new) - wanted, 0)]:
            owned.drop(self._store, DEPLOYMENTS, deployment, pod, _NAME)
        for pod in pods:
            if owned.finished(pod) and not pod["metadata"].get("deletionTimestamp"):
                owned.drop(self._store, DEPLOYMENTS, deployment, pod, _NAME)
        _tell(self._store, deployment, mark)


def _shrink(store: Store, deployment: Object, old: list[Object], removable: int) -> None:
    """Old pods go: those that are not ready at once, the others as far as enough stay."""
    for pod in sorted(old, key=owned.ready):
        if owned.ready(pod):
            if removable <= 0:
                return
            removable -= 1
        owned.drop(store, DEPLOYMENTS, deployment, pod, _NAME)


def _leeway(spec: Object, wanted: int) -> tuple[int, int]:
    rolling = spec["strategy"].get("rollingUpdate") or {}
    surge = _part(rolling.get("maxSurge", "25%"), wanted, up=True)
    missing = _part(rolling.get("maxUnavailable", "25%"), wanted, up=False)
    return (surge, missing) if surge or missing else (0, 1)


def _part(value: int | str, whole: int, *, up: bool) -> int:
    if isinstance(value, int):
        return value
    exact = int(value.rstrip("%")) * whole / 100
    return math.ceil(exact) if up else math.floor(exact)


def _tell(store: Store, deployment: Object, mark: str) -> None:
    wanted = deployment["spec"]["replicas"]
    live = owned.active(store, deployment)
    ready = sum(map(owned.ready, live))
    updated = [pod for pod in live if pod["metadata"]["labels"].get(_HASH) == mark]
    _, missing = _leeway(deployment["spec"], wanted)
    values: Object = {
        "observedGeneration": deployment["metadata"]["generation"],
        "replicas": len(live) or None,
        "updatedReplicas": len(updated) or None,
        "readyReplicas": ready or None,
        "availableReplicas": ready or None,
        "unavailableReplicas": max(len(live) - ready, 0) or None,
    }
    enough = ready >= wanted - missing and (wanted == 0 or ready > 0 or missing >= wanted)
    done = len(updated) == wanted == len(live) and ready == wanted
    conditions = [_available(enough), _progress(deployment, done)]
    old = {one["type"]: one for one in deployment["status"].get("conditions") or []}
    values["conditions"] = [_with_moment(one, old.get(one["type"])) for one in conditions]
    writing.set_status(store, DEPLOYMENTS, deployment, **values)


def _available(enough: bool) -> Object:
    said = (
        "Deployment has minimum availability." if enough else "Deployment does not have minimum availability."
    )
    reason = "MinimumReplicasAvailable" if enough else "MinimumReplicasUnavailable"
    return {"type": "Available", "status": str(enough), "reason": reason, "message": said}


def _progress(deployment: Object, done: bool) -> Object:
    name = deployment["metadata"]["name"]
    if done:
        said, reason, value = (
            f'Deployment "{name}" has successfully progressed.',
            "NewReplicaSetAvailable",
            "True",
        )
    elif _stuck(deployment):
        said, reason, value = (
            f'Deployment "{name}" has timed out progressing.',
            "ProgressDeadlineExceeded",
            "False",
        )
    else:
        said, reason, value = f'Deployment "{name}" is progressing.', "ReplicaSetUpdated", "True"
    return {"type": "Progressing", "status": value, "reason": reason, "message": said}


def _stuck(deployment: Object) -> bool:
    for one in deployment["status"].get("conditions") or []:
        if one["type"] == "Progressing" and one["reason"] != "NewReplicaSetAvailable":
            began = datetime.fromisoformat(one["lastUpdateTime"])
            waited = (datetime.now(UTC) - began).total_seconds()
            return bool(one["status"] == "False" or waited > deployment["spec"]["progressDeadlineSeconds"])
    return False


def _with_moment(new: Object, old: Object | None) -> Object:
    if old and (old["status"], old["reason"]) == (new["status"], new["reason"]):
        return new | {
            "lastUpdateTime": old["lastUpdateTime"],
            "lastTransitionTime": old["lastTransitionTime"],
        }
    changed = names.now() if not old or old["status"] != new["status"] else old["lastTransitionTime"]
    return new | {"lastUpdateTime": names.now(), "lastTransitionTime": changed}
