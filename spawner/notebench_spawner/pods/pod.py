"""A workload as a pod: one pure function for sessions, notebook runs and model servers."""

from pathlib import Path
from typing import Any

from notebench_spawner.placement import Toleration
from notebench_spawner.pods import labels, security
from notebench_spawner.pods.environment import environment, literal
from notebench_spawner.pods.image import by_digest
from notebench_spawner.pods.probes import probes
from notebench_spawner.pods.resources import resources
from notebench_spawner.pods.settings import Pods
from notebench_spawner.pods.volumes import Files, files
from notebench_spawner.process import command
from notebench_spawner.workload import Kind, Workload

Manifest = dict[str, Any]
"""An object of Kubernetes as JSON, with the keys that its API has."""

CONTAINERS = {Kind.session: "notebook", Kind.run: "run", Kind.model_server: "model-server"}
PORTS = {Kind.session: "notebook-port", Kind.run: "", Kind.model_server: "http"}
"""KubeSpawner finds a session by these two names."""

HOSTNAME = "kubernetes.io/hostname"
"""The label by which nodes are told apart."""


def pod_spec(workload: Workload, settings: Pods) -> Manifest:
    """The pod that a workload becomes. Raises Refused where its image has no digest."""
    made = template(workload, settings)
    metadata = {"name": workload.id, **made["metadata"]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": made["spec"]}


def template(workload: Workload, settings: Pods) -> Manifest:
    """The pod without a name, as Jobs and Deployments hold it."""
    found = files(workload, settings)
    return {
        "metadata": {
            "labels": labels.labels(workload, settings, found.home_claim),
            "annotations": labels.annotations(workload, settings),
        },
        "spec": {
            "containers": [_container(workload, settings, found)],
            "volumes": found.volumes,
            # An end is an end, with a reason; only a model server is there to be there.
            "restartPolicy": "Always" if workload.kind is Kind.model_server else "Never",
            "terminationGracePeriodSeconds": settings.grace_seconds.of(workload.kind),
            "securityContext": security.of_pod(settings.account),
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            # Somebody else is process 1 then, and takes care of what kernels leave behind.
            "shareProcessNamespace": True,
            **_placed(workload, settings),
            **_near(workload, settings, found),
            **_optional(workload, settings),
        },
    }


def _container(workload: Workload, settings: Pods, found: Files) -> Manifest:
    port = PORTS[workload.kind] if workload.port else ""
    secret = {"envFrom": [{"secretRef": {"name": workload.id}}]} if workload.secret_env else {}
    return {
        "name": CONTAINERS[workload.kind],
        "image": by_digest(workload.image),
        "imagePullPolicy": "IfNotPresent",
        "command": [literal(word) for word in command(workload, Path(settings.environment))],
        "workingDir": str(workload.cwd or workload.home),
        "env": environment(workload, settings),
        **secret,
        "resources": resources(workload.hardware, settings),
        "volumeMounts": found.mounts,
        "securityContext": security.CONTAINER,
        **({"ports": [{"name": port, "containerPort": workload.port}]} if port else {}),
        **probes(workload, port),
    }


def _placed(workload: Workload, settings: Pods) -> Manifest:
    placement = workload.hardware.placement
    selector = {**settings.node_selector, **placement.node_selector}
    tolerations = [_toleration(one) for one in (*settings.tolerations, *placement.tolerations)]
    return {
        **({"nodeSelector": selector} if selector else {}),
        **({"tolerations": tolerations} if tolerations else {}),
    }


def _toleration(toleration: Toleration) -> Manifest:
    wanted = toleration.model_dump(exclude={"seconds"})
    seconds = {} if toleration.seconds is None else {"tolerationSeconds": toleration.seconds}
    return {key: value for key, value in wanted.items() if value} | seconds


def _near(workload: Workload, settings: Pods, found: Files) -> Manifest:
    """Beside what it belongs to, and apart from its own kind."""
    affinity: Manifest = {}
    if settings.preferred_nodes:
        wanted = [
            {"key": key, "operator": "In", "values": [value]}
            for key, value in settings.preferred_nodes.items()
        ]
        term = {"weight": 100, "preference": {"matchExpressions": wanted}}
        affinity["nodeAffinity"] = {"preferredDuringSchedulingIgnoredDuringExecution": [term]}
    if found.home_claim and settings.homes.access == "ReadWriteOnce":
        # The volume is on one node at a time: all that use the home go there, and the first goes anywhere.
        same = {"matchLabels": labels.of_home(found.home_claim)}
        place = {"labelSelector": same, "topologyKey": HOSTNAME}
        affinity["podAffinity"] = {"requiredDuringSchedulingIgnoredDuringExecution": [place]}
        return {"affinity": affinity}
    spread = {
        "maxSkew": 1,
        "topologyKey": HOSTNAME,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": labels.identity(workload)},
    }
    return {
        **({"affinity": affinity} if affinity else {}),
        **({"topologySpreadConstraints": [spread]} if workload.kind is Kind.model_server else {}),
    }


def _optional(workload: Workload, settings: Pods) -> Manifest:
    placement = workload.hardware.placement
    wanted = {
        "priorityClassName": placement.priority_class or settings.priority_classes.get(workload.kind, ""),
        "runtimeClassName": placement.runtime_class,
        "schedulerName": settings.scheduler,
        "imagePullSecrets": [{"name": name} for name in settings.pull_secrets],
        # Of the pod, not of a Job: that would take the log away, and count the wait for a node.
        "activeDeadlineSeconds": workload.timeout_seconds,
    }
    return {key: value for key, value in wanted.items() if value}
