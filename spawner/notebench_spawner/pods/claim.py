"""The claim of a project's files: many nodes write to it at the same time."""

from notebench_spawner.names import dns_label
from notebench_spawner.pods.names import OURS, project_claim
from notebench_spawner.pods.pod import Manifest
from notebench_spawner.pods.settings import Projects


def claim_spec(projects: Projects, project: str, *, size: str, storage_class: str = "") -> Manifest:
    """The PersistentVolumeClaim of a project; an empty class is the cluster's default."""
    spec: Manifest = {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": size}}}
    if storage_class:
        spec["storageClassName"] = storage_class
    shared = "{project}" not in projects.claim
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {
            "name": project_claim(projects, project),
            "labels": {
                "app.kubernetes.io/name": OURS,
                "app.kubernetes.io/component": "project",
                **({} if shared else {f"{OURS}/acting-for": dns_label(project)}),
            },
            "annotations": {} if shared else {f"{OURS}/acting-for": project},
        },
        "spec": spec,
    }
