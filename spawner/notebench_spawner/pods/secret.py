"""A workload's secrets, apart from its pod: who may look at pods, and who reads logs, does not see them."""

from notebench_spawner.pods import labels
from notebench_spawner.pods.pod import Manifest
from notebench_spawner.workload import Workload


def secret_spec(workload: Workload) -> Manifest | None:
    """The Secret that a workload's pods take their secret variables from; None where it has none."""
    if not workload.secret_env:
        return None
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": workload.id, "labels": labels.identity(workload)},
        "type": "Opaque",
        "immutable": True,
        "stringData": dict(sorted(workload.secret_env.items())),
    }


def owned(name: str, uid: str, *, api_version: str, kind: str) -> Manifest:
    """The change to an object that makes it go when its owner goes."""
    owner = {"apiVersion": api_version, "kind": kind, "name": name, "uid": uid}
    return {"metadata": {"ownerReferences": [owner]}}
