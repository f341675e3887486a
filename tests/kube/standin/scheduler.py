"""The scheduler: which node a pod goes to, and in which words it says that there is none.

Transcript: unschedulable-resources. Transcript: unschedulable-selector. Transcript: unschedulable-taint.
Transcript: unschedulable-claim. Preemption and priorities are left out: nobody is evicted to make room.
"""

from collections import Counter, defaultdict
from decimal import Decimal

from tests.kube.standin import affinity, events, names, quantity, quota, selectors, volumes, writing
from tests.kube.standin.kinds import NODES, PODS, Object
from tests.kube.standin.store import Store

_HELPLESS = "Preemption is not helpful for scheduling"
_NO_VICTIMS = "No preemption victims found for incoming pod"


def step(store: Store) -> None:
    """Place each pod that has no node yet, oldest first."""
    waiting = [
        pod
        for pod in store.all(PODS)
        if not pod["spec"].get("nodeName")
        and not pod["metadata"].get("deletionTimestamp")
        and pod["status"].get("phase") == "Pending"
    ]
    for pod in sorted(waiting, key=lambda one: int(one["metadata"]["resourceVersion"])):
        _place(store, pod)


def _place(store: Store, pod: Object) -> None:
    nodes = store.all(NODES)
    if reason := volumes.missing(store, pod):
        _refuse(store, pod, f"0/{len(nodes)} nodes are available: {reason}. not found")
        return
    free, reasons, tails = [], Counter[str](), Counter[str]()
    for node in nodes:
        against, hopeless = _against(store, node, pod)
        reasons.update(against)
        if against:
            tails[_HELPLESS if hopeless else _NO_VICTIMS] += 1
        else:
            free.append(node)
    if not free:
        listed = ", ".join(sorted(f"{count} {reason}" for reason, count in reasons.items()))
        _refuse(store, pod, f"0/{len(nodes)} nodes are available: {listed}. {_instead(tails)}")
        return
    busy = Counter(one["spec"].get("nodeName") for one in store.all(PODS))
    chosen = min(free, key=lambda node: (busy[node["metadata"]["name"]], node["metadata"]["name"]))
    _bind(store, pod, chosen["metadata"]["name"])


def _bind(store: Store, pod: Object, node: str) -> None:
    pod["spec"]["nodeName"] = node
    written = store.put(PODS, pod)
    writing.set_status(store, PODS, written, conditions=_condition(written, "True", "", ""))
    volumes.settle(store, pod, node)
    meta = pod["metadata"]
    message = f"Successfully assigned {meta['namespace']}/{meta['name']} to {node}"
    events.tell_scheduling(store, PODS, written, "Scheduled", message, "Binding")


def _instead(tails: Counter[str]) -> str:
    """What would not help either."""
    helped = ", ".join(sorted(f"{count} {reason}" for reason, count in tails.items()))
    return f"no new claims to deallocate, preemption: 0/{sum(tails.values())} nodes are available: {helped}."


def _refuse(store: Store, pod: Object, message: str) -> None:
    conditions = _condition(pod, "False", "Unschedulable", message)
    if conditions is not None:
        writing.set_status(store, PODS, pod, conditions=conditions)
        events.tell_scheduling(store, PODS, pod, "FailedScheduling", message, "Scheduling")


def _condition(pod: Object, value: str, reason: str, message: str) -> list[Object] | None:
    old = pod["status"].get("conditions") or []
    others = [one for one in old if one["type"] != "PodScheduled"]
    if any(one["type"] == "PodScheduled" and one.get("message", "") == message for one in old) and message:
        return None
    new: Object = {
        "type": "PodScheduled",
        "status": value,
        "lastProbeTime": None,
        "lastTransitionTime": names.now(),
    }
    return [*others, new | ({"reason": reason, "message": message} if reason else {})]


def _against(store: Store, node: Object, pod: Object) -> tuple[list[str], bool]:
    """What speaks against a node, and whether making room there would change nothing."""
    spec, labels = node["spec"], node["metadata"].get("labels") or {}
    if spec.get("unschedulable"):
        return ["node(s) were unschedulable"], True
    tolerations = pod["spec"].get("tolerations") or []
    if any(not _tolerated(taint, tolerations) for taint in spec.get("taints") or []):
        return ["node(s) had untolerated taint(s)"], True
    if not _wanted(pod, labels):
        return ["node(s) didn't match Pod's node affinity/selector"], True
    if lacking := _lacking(store, node, pod):
        return [one for one, _ in lacking], any(never for _, never in lacking)
    if affinity.against(store, node, pod):
        return [affinity.REASON], True
    reason = volumes.not_on(store, pod, node["metadata"]["name"])
    return ([reason], True) if reason else ([], False)


def _tolerated(taint: Object, tolerations: list[Object]) -> bool:
    return taint["effect"] == "PreferNoSchedule" or any(
        one.get("effect") in (None, "", taint["effect"])
        and (
            (one.get("operator") == "Exists" and one.get("key") in (None, "", taint["key"]))
            or (one.get("key") == taint["key"] and one.get("value", "") == taint.get("value", ""))
        )
        for one in tolerations
    )


def _wanted(pod: Object, labels: dict[str, str]) -> bool:
    chosen = pod["spec"].get("nodeSelector") or {}
    affinity = ((pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution"
    )
    terms = (affinity or {}).get("nodeSelectorTerms")
    return selectors.matches({"matchLabels": chosen}, labels) and (
        terms is None or any(selectors.matches(term, labels) for term in terms)
    )


def _lacking(store: Store, node: Object, pod: Object) -> list[tuple[str, bool]]:
    offers = {name: quantity.parse(value) for name, value in node["status"]["allocatable"].items()}
    used: defaultdict[str, Decimal] = defaultdict(Decimal)
    here = node["metadata"]["name"]
    for one in store.all(PODS):
        if one["spec"].get("nodeName") == here and one["status"].get("phase") not in ("Succeeded", "Failed"):
            used["pods"] += 1
            for name, amount in quota.requested(one["spec"], "requests").items():
                used[name] += amount
    wanted = {name: amount for name, amount in quota.requested(pod["spec"], "requests").items() if amount}
    lacking = [("Too many pods", False)] if used["pods"] + 1 > offers["pods"] else []
    for name, amount in sorted(wanted.items()):
        offered = offers.get(name, Decimal(0))
        if used[name] + amount > offered:
            lacking.append((f"Insufficient {name}", amount > offered))
    return lacking
