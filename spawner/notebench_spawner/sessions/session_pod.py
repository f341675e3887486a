"""A session's pod: the one that every workload becomes, with what KubeSpawner finds its pods by."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from notebench_spawner.pods.pod import Manifest, pod_spec
from notebench_spawner.pods.settings import Pods
from notebench_spawner.workload import Workload

RUNTIME = Path("/tmp/jupyter")  # noqa: S108 - on the pod's own scratch volume: homes may be where no socket can be
"""Where kernels have their sockets."""


def apart(env: Mapping[str, Any]) -> tuple[dict[str, str], list[Manifest]]:
    """The hub's variables: those with a value, which may be secret, and those that say where theirs is."""
    values = {
        name: str(said) for name, said in env.items() if said is not None and not isinstance(said, dict)
    }
    references = [{"name": name, **said} for name, said in env.items() if isinstance(said, dict)]
    return values, sorted(references, key=lambda one: str(one["name"]))


def session_manifest(
    workload: Workload,
    settings: Pods,
    *,
    name: str,
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
    env: list[Manifest],
) -> Manifest:
    """The pod under the name that the hub gave it. Raises Refused where its image has no digest."""
    manifest = pod_spec(workload, settings)
    ours = manifest["metadata"]
    manifest["metadata"] = {
        "name": name,
        "labels": {**labels, **ours["labels"], **_found_by(labels)},
        "annotations": {**annotations, **ours["annotations"]},
    }
    [container] = manifest["spec"]["containers"]
    given = {one["name"] for one in container["env"]}
    container["env"] += [one for one in env if one["name"] not in given]
    return manifest


def _found_by(labels: Mapping[str, str]) -> dict[str, str]:
    """Keys that both KubeSpawner and we have a word for: its chart's network policies go by its words."""
    return {key: value for key, value in labels.items() if key.startswith("app.kubernetes.io/")}
