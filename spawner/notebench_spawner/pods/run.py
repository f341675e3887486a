"""A notebook run as a Job: one pod, once. A further attempt is a workload of its own."""

from notebench_spawner.pods import labels
from notebench_spawner.pods.pod import Manifest, template
from notebench_spawner.pods.settings import Pods
from notebench_spawner.workload import Workload


def job_spec(workload: Workload, settings: Pods) -> Manifest:
    """The Job of a run. Raises Refused where its image has no digest."""
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": workload.id,
            "labels": labels.labels(workload, settings),
            "annotations": labels.annotations(workload, settings),
        },
        "spec": {
            "completions": 1,
            "parallelism": 1,
            "backoffLimit": 0,
            "ttlSecondsAfterFinished": settings.kept_seconds,
            "template": template(workload, settings),
        },
    }
