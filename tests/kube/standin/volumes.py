"""Claims and their volumes: directories, bound to a node as their kind of storage is.

Transcript: claim-binds. Transcript: multi-attach. Transcript: unschedulable-claim.
"""

from pathlib import Path

from tests.kube.standin import deleting, events, names, writing
from tests.kube.standin.kinds import CLAIMS, PODS, STORAGE, Object
from tests.kube.standin.store import Store

DISKS, LOCAL, SHARED = "disks", "local", "shared"
"""Storage classes: a disk that is attached to one node at a time, a directory of one node, a file server."""
_NODE = "volume.kubernetes.io/selected-node"


def classes(store: Store) -> None:
    """The storage classes of this cluster; `disks` is for claims that name none."""
    for name in (DISKS, LOCAL, SHARED):
        default = {"storageclass.kubernetes.io/is-default-class": str(name == DISKS).lower()}
        meta = {"name": name, "uid": names.uid(), "creationTimestamp": names.now(), "annotations": default}
        mode = "WaitForFirstConsumer" if name == LOCAL else "Immediate"
        about = {
            "provisioner": f"standin.example/{name}",
            "reclaimPolicy": "Delete",
            "volumeBindingMode": mode,
        }
        store.put(
            STORAGE, {"kind": "StorageClass", "apiVersion": "storage.k8s.io/v1", "metadata": meta} | about
        )


def claims_of(pod: Object) -> list[str]:
    found = (volume.get("persistentVolumeClaim") for volume in pod["spec"].get("volumes") or [])
    return [one["claimName"] for one in found if one]


def _claims(store: Store, pod: Object) -> list[Object]:
    found = (store.find(CLAIMS, pod["metadata"]["namespace"], name) for name in claims_of(pod))
    return [one for one in found if one]


def alive(pod: Object) -> bool:
    return pod["status"].get("phase") not in ("Succeeded", "Failed")


def step(store: Store) -> None:
    """Bind what can be bound, and let go of claims that were deleted and that no pod uses any more."""
    used = {
        (pod["metadata"]["namespace"], name)
        for pod in store.all(PODS)
        if alive(pod)
        for name in claims_of(pod)
    }
    for claim in store.all(CLAIMS):
        meta = claim["metadata"]
        if meta.get("deletionTimestamp"):
            if (meta["namespace"], meta["name"]) not in used:
                deleting.drop_finalizer(store, CLAIMS, claim, "kubernetes.io/pvc-protection")
        elif claim["status"]["phase"] == "Pending":
            _provision(store, claim)


def _provision(store: Store, claim: Object) -> None:
    spec = claim["spec"]
    kind = spec.get("storageClassName")
    if kind is None:
        spec["storageClassName"] = kind = DISKS  # the default class of this cluster
    if kind == LOCAL and _NODE not in (claim["metadata"].get("annotations") or {}):
        message = "waiting for first consumer to be created before binding"
        _say(store, claim, "WaitForFirstConsumer", message)
    elif not store.find(STORAGE, "", kind):
        _say(store, claim, "ProvisioningFailed", f'storageclass.storage.k8s.io "{kind}" not found')
    elif "ReadWriteMany" in (spec.get("accessModes") or []) and kind != SHARED:
        _say(store, claim, "ProvisioningFailed", "only ReadWriteOnce and ReadWriteOncePod are possible here")
    else:
        spec["volumeName"] = f"pvc-{claim['metadata']['uid']}"
        bound = {
            "phase": "Bound",
            "accessModes": spec.get("accessModes"),
            "capacity": dict(spec["resources"]["requests"]),
        }
        store.put(CLAIMS, claim | {"status": bound})


def _say(store: Store, claim: Object, reason: str, message: str) -> None:
    name, failed = "persistentvolume-controller", reason == "ProvisioningFailed"
    if not any(True for _ in events.same(store, claim, reason, message)):
        events.tell(store, CLAIMS, claim, reason, message, component=name, warning=failed)


def missing(store: Store, pod: Object) -> str:
    """Why no node at all could take the pod, as far as its claims go."""
    for name in claims_of(pod):
        claim = store.find(CLAIMS, pod["metadata"]["namespace"], name)
        if not claim:
            return f'persistentvolumeclaim "{name}" not found'
        if claim["metadata"].get("deletionTimestamp"):
            return f'persistentvolumeclaim "{name}" is being deleted'
        if claim["status"]["phase"] != "Bound" and claim["spec"].get("storageClassName") != LOCAL:
            return "pod has unbound immediate PersistentVolumeClaims"
    return ""


def not_on(store: Store, pod: Object, node: str) -> str:
    """Why this node cannot, because of where a volume is."""
    for claim in _claims(store, pod):
        there = (claim["metadata"].get("annotations") or {}).get(_NODE)
        if claim["spec"].get("storageClassName") == LOCAL and there not in (None, node):
            return "node(s) didn't match PersistentVolume's node affinity"
    return ""


def settle(store: Store, pod: Object, node: str) -> None:
    """The first pod with a local volume decides where that is."""
    for claim in _claims(store, pod):
        if claim["spec"].get("storageClassName") == LOCAL:
            claim["metadata"].setdefault("annotations", {}).setdefault(_NODE, node)
            writing.write(store, CLAIMS, claim)


class Disks:
    """Which node each disk is attached to; it stays there as long as a pod there uses it.

    Transcript: multi-attach.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.attached: dict[str, str] = {}

    def attach(self, pod: Object) -> bool:
        """Attach what the pod needs to its node, or tell it why not."""
        for claim in _claims(self._store, pod):
            if "ReadWriteMany" in (claim["spec"].get("accessModes") or []):
                continue
            volume, node = claim["spec"]["volumeName"], pod["spec"]["nodeName"]
            there = self.attached.get(volume)
            if there not in (None, node) and (users := self._users(claim, there)):
                message = f'Multi-Attach error for volume "{volume}" Volume is already used by pod(s) {users}'
                self._tell(pod, "FailedAttachVolume", message, warning=True)
                return False
            if there != node:
                self.attached[volume] = node
                self._tell(
                    pod, "SuccessfulAttachVolume", f'AttachVolume.Attach succeeded for volume "{volume}" '
                )
        return True

    def _users(self, claim: Object, node: str | None) -> str:
        return ", ".join(
            pod["metadata"]["name"]
            for pod in self._store.all(PODS, claim["metadata"]["namespace"])
            if alive(pod)
            and pod["spec"].get("nodeName") == node
            and claim["metadata"]["name"] in claims_of(pod)
        )

    def _tell(self, pod: Object, reason: str, message: str, *, warning: bool = False) -> None:
        if not events.same(self._store, pod, reason, message):
            events.tell(
                self._store, PODS, pod, reason, message, component="attachdetach-controller", warning=warning
            )


def bound(store: Store, pod: Object) -> bool:
    return all(claim["status"]["phase"] == "Bound" for claim in _claims(store, pod))


def directory(state: Path, store: Store, namespace: str, name: str) -> Path:
    """Where a bound claim's files are."""
    claim = store.find(CLAIMS, namespace, name)
    if not claim or not claim["spec"].get("volumeName"):
        raise LookupError(f"The claim {name!r} is not bound.")
    place = state / "volumes" / str(claim["spec"]["volumeName"])
    place.mkdir(parents=True, exist_ok=True)
    return place
