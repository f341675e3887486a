"""Phase and conditions of a pod, from what its containers do. Transcript: pod-life."""

from typing import TYPE_CHECKING

from tests.kube.standin import names
from tests.kube.standin.kinds import PODS, Object

if TYPE_CHECKING:
    from tests.kube.standin.podlife import PodLife


def phase(life: "PodLife") -> str:
    """Pending, Running, Succeeded or Failed."""
    if life.failure:
        return "Failed"
    if any(one.finished and one.code for one in life.first):
        return "Failed"
    if all(one.finished for one in life.main):
        return "Failed" if any(one.code for one in life.main) else "Succeeded"
    if life.ending and not life.running() and any(one.began for one in life.main):
        return "Failed" if any(one.code for one in life.main) else "Succeeded"
    return "Running" if any(one.began for one in life.main) else "Pending"


def conditions(life: "PodLife", now: str) -> list[Object]:
    """Those that were there keep the moment at which they last changed."""
    pod = life.kubelet.store.find(PODS, life.space, life.name)
    old = {one["type"]: one for one in ((pod or {}).get("status") or {}).get("conditions") or []}
    begun = all(one.finished and one.code == 0 for one in life.first)
    unready = [one.name for one in life.main if not one.ready]
    why: Object = {}
    if now in ("Succeeded", "Failed"):
        why = {"reason": "PodCompleted" if now == "Succeeded" else "PodFailed"}
    elif unready:
        why = {
            "reason": "ContainersNotReady",
            "message": f"containers with unready status: [{' '.join(unready)}]",
        }
    waiting = [one.name for one in life.first if not one.finished]
    not_begun = {
        "reason": "ContainersNotInitialized",
        "message": f"containers with incomplete status: [{' '.join(waiting)}]",
    }
    new = [
        _condition("PodReadyToStartContainers", bool(life.address), {}),
        _condition("Initialized", begun, {} if begun else not_begun),
        _condition("Ready", not why, why),
        _condition("ContainersReady", not why, why),
    ]
    kept = [old["PodScheduled"]] if "PodScheduled" in old else []
    return kept + [_with_moment(one, old.get(one["type"])) for one in new]


def _condition(name: str, value: bool, why: Object) -> Object:
    return {"type": name, "status": str(value), "lastProbeTime": None} | why


def _with_moment(new: Object, old: Object | None) -> Object:
    same = old is not None and old["status"] == new["status"]
    return new | {"lastTransitionTime": old["lastTransitionTime"] if old and same else names.now()}
