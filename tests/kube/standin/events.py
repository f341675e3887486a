"""Events: what the cluster tells people about an object."""

import secrets
from datetime import UTC, datetime

from tests.kube.standin import names
from tests.kube.standin.kinds import EVENTS, Kind, Object
from tests.kube.standin.store import Store


def tell(
    store: Store,
    kind: Kind,
    thing: Object,
    reason: str,
    message: str,
    *,
    component: str,
    warning: bool = False,
    host: str = "",
    path: str = "",
) -> None:
    """As kubelet and controllers do; the same again counts up. Transcript: event-of-kubelet."""
    namespace = thing["metadata"].get("namespace", "default")
    for old in same(store, thing, reason, message):
        store.put(EVENTS, old | {"count": old.get("count", 1) + 1, "lastTimestamp": names.now()})
        return
    _put(
        store,
        namespace,
        kind,
        thing,
        {
            "reason": reason,
            "message": message,
            "type": "Warning" if warning else "Normal",
            "source": {"component": component} | ({"host": host} if host else {}),
            "firstTimestamp": names.now(),
            "lastTimestamp": names.now(),
            "count": 1,
            "eventTime": None,
            "reportingComponent": component,
            "reportingInstance": host,
        },
        path,
    )


def tell_scheduling(store: Store, kind: Kind, pod: Object, reason: str, message: str, action: str) -> None:
    """As the scheduler does, with no count and no first and last time. Transcript: event-of-scheduler."""
    if any(True for _ in same(store, pod, reason, message)):
        return
    said: Object = {
        "reason": reason,
        "message": message,
        "type": "Normal" if reason == "Scheduled" else "Warning",
        "source": {},
        "firstTimestamp": None,
        "lastTimestamp": None,
        "eventTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "action": action,
        "reportingComponent": "default-scheduler",
        "reportingInstance": "default-scheduler-standin",
    }
    _put(store, pod["metadata"]["namespace"], kind, pod, said, "")


def same(store: Store, thing: Object, reason: str, message: str) -> list[Object]:
    uid = thing["metadata"]["uid"]
    return [
        old
        for old in store.all(EVENTS, thing["metadata"].get("namespace", "default"))
        if (old["involvedObject"]["uid"], old["reason"], old["message"]) == (uid, reason, message)
    ]


def _put(store: Store, namespace: str, kind: Kind, thing: Object, said: Object, path: str) -> None:
    meta = thing["metadata"]
    about = {
        "kind": kind.name,
        "namespace": meta.get("namespace", ""),
        "name": meta["name"],
        "uid": meta["uid"],
        "apiVersion": kind.api_version,
        "resourceVersion": meta["resourceVersion"],
    }
    own = {
        "name": f"{meta['name']}.{secrets.token_hex(8)}",
        "namespace": namespace,
        "uid": names.uid(),
        "creationTimestamp": names.now(),
    }
    thing_of = about | ({"fieldPath": path} if path else {})
    store.put(
        EVENTS, {"kind": "Event", "apiVersion": "v1", "metadata": own, "involvedObject": thing_of} | said
    )
