"""What the API fills in where a manifest leaves it out, as far as clients and the nodes here look at it.

Transcript: create-defaults.
"""

import base64

from tests.kube.standin.kinds import (
    AUTOSCALERS,
    CLAIMS,
    DEPLOYMENTS,
    JOBS,
    NAMESPACES,
    PODS,
    QUOTAS,
    SECRETS,
    SERVICES,
    Kind,
    Object,
)


def fill(kind: Kind, thing: Object) -> None:
    """Fill in, in place."""
    spec = thing.setdefault("spec", {}) if kind.has_status else thing.get("spec", {})
    if kind is PODS:
        _pod(spec)
        spec.setdefault("serviceAccountName", "default")
        spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
        _tolerations(spec)
    elif kind is JOBS:
        _job(thing, spec)
    elif kind is DEPLOYMENTS:
        _deployment(spec)
    elif kind is SERVICES:
        spec.setdefault("type", "ClusterIP")
        spec.setdefault("sessionAffinity", "None")
        for port in spec.get("ports") or []:
            port.setdefault("protocol", "TCP")
            port.setdefault("targetPort", port["port"])
    elif kind is CLAIMS:
        spec.setdefault("volumeMode", "Filesystem")
        thing["metadata"].setdefault("finalizers", ["kubernetes.io/pvc-protection"])
    elif kind is SECRETS:
        thing.setdefault("type", "Opaque")
        for key, value in thing.pop("stringData", {}).items():  # Transcript: environment
            thing.setdefault("data", {})[key] = base64.b64encode(value.encode()).decode()
    elif kind is NAMESPACES:
        thing["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = thing["metadata"]["name"]
    elif kind is AUTOSCALERS:
        spec.setdefault("minReplicas", 1)
    initial = _initial_status(kind, thing)
    if initial:
        thing["status"] = initial
    elif kind.has_status:
        thing["status"] = {}


def _initial_status(kind: Kind, thing: Object) -> Object:
    if kind is PODS:
        return {"phase": "Pending", "qosClass": quality(thing["spec"])}
    if kind is CLAIMS:
        return {"phase": "Pending"}
    if kind is NAMESPACES:
        return {"phase": "Active"}
    if kind is SERVICES:
        return {"loadBalancer": {}}
    if kind is QUOTAS:
        hard = thing["spec"].get("hard") or {}
        return {"hard": dict(hard), "used": dict.fromkeys(hard, "0")}
    return {}


def _pod(spec: Object) -> None:
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("terminationGracePeriodSeconds", 30)
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("schedulerName", "default-scheduler")
    spec.setdefault("securityContext", {})
    spec.setdefault("enableServiceLinks", True)
    for one in [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]:
        one.setdefault("terminationMessagePath", "/dev/termination-log")
        one.setdefault("terminationMessagePolicy", "File")
        one.setdefault("imagePullPolicy", _pull_policy(one.get("image", "")))
        resources = one.setdefault("resources", {})
        for name, value in (resources.get("limits") or {}).items():
            resources.setdefault("requests", {}).setdefault(name, value)
        for port in one.get("ports") or []:
            port.setdefault("protocol", "TCP")


def _tolerations(spec: Object) -> None:
    """Transcript: create-defaults (an admission plugin adds them to pods, not to templates)."""
    given = spec.setdefault("tolerations", [])
    for key in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"):
        if not any(
            one.get("key") in (key, None) and one.get("effect") in ("NoExecute", None) for one in given
        ):
            given.append({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300})


def _pull_policy(image: str) -> str:
    if "@" in image:
        return "IfNotPresent"
    tag = image.rpartition("/")[2].partition(":")[2]
    return "Always" if tag in ("", "latest") else "IfNotPresent"


def _job(thing: Object, spec: Object) -> None:
    """Transcript: job-defaults."""
    for key, value in {
        "parallelism": 1, "completions": 1, "backoffLimit": 6, "completionMode": "NonIndexed",
        "suspend": False, "manualSelector": False, "podReplacementPolicy": "TerminatingOrFailed",
    }.items():  # fmt: skip
        spec.setdefault(key, value)
    uid, name = thing["metadata"]["uid"], thing["metadata"]["name"]
    labels = spec["template"].setdefault("metadata", {}).setdefault("labels", {})
    for prefix in ("", "batch.kubernetes.io/"):
        labels.setdefault(f"{prefix}controller-uid", uid)
        labels.setdefault(f"{prefix}job-name", name)
    spec.setdefault("selector", {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}})
    thing["metadata"].setdefault("labels", dict(labels))
    _pod(spec["template"].setdefault("spec", {}))


def _deployment(spec: Object) -> None:
    spec.setdefault("replicas", 1)
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)
    spec.setdefault(
        "strategy", {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}}
    )
    _pod(spec["template"].setdefault("spec", {}))


def quality(spec: Object) -> str:
    """The pod's class of service, which decides who is killed first."""
    resources = [one.get("resources") or {} for one in spec.get("containers") or []]
    named = [
        [(part.get(kind) or {}).get(name) for name in ("cpu", "memory")]
        for part in resources
        for kind in ("limits", "requests")
    ]
    if not any(any(pair) for pair in named):
        return "BestEffort"
    same = all(
        (part.get("limits") or {}).get(name)
        and part["limits"][name] == (part.get("requests") or {}).get(name)
        for part in resources
        for name in ("cpu", "memory")
    )
    return "Guaranteed" if same else "Burstable"
