"""How a cluster learns that a model server answers, and how it lets one go without losing a request."""

from typing import Any

from notebench_spawner.workload import Kind, Workload

_START_SECONDS = 300
_EVERY_SECONDS = 5


def probes(workload: Workload, port: str) -> dict[str, Any]:
    """Of the container of a model server. It listens at once and is ready when its model is loaded."""
    if workload.kind is not Kind.model_server or not port:
        return {}
    return {
        "startupProbe": _get("/health/live", port, failureThreshold=_START_SECONDS // _EVERY_SECONDS),
        "readinessProbe": _get("/health/ready", port, failureThreshold=2),
        "livenessProbe": _get("/health/live", port, failureThreshold=6),
        # Until everybody has heard that no more requests are to come here.
        "lifecycle": {"preStop": {"exec": {"command": ["sleep", "5"]}}},
    }


def _get(path: str, port: str, **more: int) -> dict[str, Any]:
    asked = {"httpGet": {"path": path, "port": port}}
    return {**asked, "periodSeconds": _EVERY_SECONDS, "timeoutSeconds": 3, **more}
