"""What hub and service ask of a cluster's API, and so may: the rules of their Roles, each with its reason.

All of it is inside the namespace of the workloads, but for what an option adds and says so.
"""

from dataclasses import dataclass

from notebench_spawner.pods.pod import Manifest


@dataclass(frozen=True)
class Right:
    """Verbs on one resource of an API group (`""` is the core's), and what they are for."""

    group: str
    resource: str
    verbs: tuple[str, ...]
    reason: str


HUB = (
    Right(
        "",
        "pods",
        ("create", "delete", "list", "watch"),
        "Starts sessions, ends them, sees how they are.",
    ),
    Right("", "events", ("list", "watch"), "Says to people what a start waits for."),
    Right("", "persistentvolumeclaims", ("create", "get"), "Makes the volume of a home at the first start."),
    Right("", "secrets", ("create", "delete", "patch"), "Keeps a session's tokens out of manifests."),
)
SERVICE = (
    Right(
        "batch",
        "jobs",
        ("create", "delete", "get", "list", "patch"),
        "A notebook run is a Job.",
    ),
    Right(
        "apps",
        "deployments",
        ("create", "delete", "get", "list"),
        "A model server is a Deployment.",
    ),
    Right("", "services", ("create", "get"), "A model server has one address."),
    Right(
        "policy", "poddisruptionbudgets", ("create", "get"), "Keeps model servers while nodes are emptied."
    ),
    Right(
        "autoscaling",
        "horizontalpodautoscalers",
        ("create", "get"),
        "Replicas as a range.",
    ),
    Right("", "secrets", ("create", "get", "patch"), "Keeps tokens out of manifests."),
    Right("", "pods", ("list",), "Sees how they are."),
    Right("", "pods/log", ("get",), "Shows their output."),
    Right("", "events", ("list",), "Says what keeps a node from making a pod ready."),
)
PROJECTS = (
    Right(
        "", "persistentvolumeclaims", ("create", "get"), "Makes the volume of a project when it is needed."
    ),
)
"""The service's, where `projects.volumes` is `made`."""

NODES = (Right("", "nodes", ("list",), "Says which hardware profiles a node could take."),)
"""The service's in the whole cluster, where `see_nodes` is chosen: nodes are in no namespace."""


def rules(rights: tuple[Right, ...]) -> list[Manifest]:
    """The `rules` of a Role."""
    return [
        {"apiGroups": [right.group], "resources": [right.resource], "verbs": sorted(right.verbs)}
        for right in rights
    ]
