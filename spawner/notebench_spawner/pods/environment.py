"""A pod's variables: the ones of the process, with secrets kept apart in a Secret."""

from pathlib import Path
from typing import Any

from notebench_spawner.pods.settings import Pods
from notebench_spawner.process import fixed, variables
from notebench_spawner.workload import Workload

_NVIDIA = "nvidia.com/"


def environment(workload: Workload, settings: Pods) -> list[dict[str, Any]]:
    """What the container's `env` says. A variable here wins over the one of the same name in the Secret."""
    ours = {**fixed(workload), **_devices(workload)}
    given = {**settings.env, **variables(workload, Path(settings.environment), settings.env), **ours}
    secret = workload.secret_env.keys() - ours.keys()
    return [
        {"name": name, "value": literal(value)} for name, value in sorted(given.items()) if name not in secret
    ]


def literal(text: str) -> str:
    """The text as a pod must write it to mean itself: `$(NAME)` would become a variable's value."""
    return text.replace("$", "$$")


def _devices(workload: Workload) -> dict[str, str]:
    """Without a device of its own a workload is shown none.

    Images with CUDA ask for all of them, and get them where the NVIDIA runtime is a node's default.
    """
    wanted = workload.hardware.resources.items()
    if any(name.startswith(_NVIDIA) and count for name, count in wanted):
        return {}  # the device plug-in says which, and a word of ours would win over its word
    return {"CUDA_VISIBLE_DEVICES": "", "NVIDIA_VISIBLE_DEVICES": "void"}
