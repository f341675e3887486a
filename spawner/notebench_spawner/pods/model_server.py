"""A model server as a Deployment with what belongs to it: Service, disruption budget, autoscaler."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from notebench_spawner.pods import labels
from notebench_spawner.pods.pod import PORTS, Manifest, template
from notebench_spawner.pods.settings import Pods
from notebench_spawner.workload import Kind, Workload

SERVICE_PORT = 80


class Replicas(BaseModel):
    """How many there are; from `least` to `most` where the load decides."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    least: int = Field(default=1, ge=1, le=1000)
    most: int = Field(default=1, ge=1, le=1000)
    cpu_percent: int = Field(default=70, ge=1, le=100)
    """How busy they are when there should be more."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.most < self.least:
            raise ValueError("`most` must not be below `least`")
        return self


def deployment_spec(workload: Workload, settings: Pods, replicas: Replicas) -> Manifest:
    """The Deployment. Raises Refused where the image has no digest."""
    # Where an autoscaler counts, nobody else says a number: it would be taken back at each change.
    fixed = {"replicas": replicas.least} if replicas.least == replicas.most else {}
    return _object("apps/v1", "Deployment", workload, settings) | {
        "spec": {
            **fixed,
            "selector": {"matchLabels": labels.identity(workload)},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "revisionHistoryLimit": 1,
            "template": template(workload, settings),
        }
    }


def service_spec(workload: Workload, settings: Pods) -> Manifest:
    """The address under which the gateway, and nobody else, reaches it."""
    name = PORTS[Kind.model_server]
    port = {"name": name, "port": SERVICE_PORT, "targetPort": name, "protocol": "TCP", "appProtocol": "http"}
    return _object("v1", "Service", workload, settings) | {
        "spec": {"type": "ClusterIP", "selector": labels.identity(workload), "ports": [port]}
    }


def disruption_spec(workload: Workload, settings: Pods) -> Manifest:
    """One at a time may be taken away for a node's sake; the only one too, so that nodes can be emptied."""
    return _object("policy/v1", "PodDisruptionBudget", workload, settings) | {
        "spec": {
            "maxUnavailable": 1,
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
            "selector": {"matchLabels": labels.identity(workload)},
        }
    }


def autoscaler_spec(workload: Workload, settings: Pods, replicas: Replicas) -> Manifest | None:
    """What counts the load; None where the number of replicas is fixed."""
    if replicas.least == replicas.most:
        return None
    busy = {"type": "Utilization", "averageUtilization": replicas.cpu_percent}
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": workload.id}
    return _object("autoscaling/v2", "HorizontalPodAutoscaler", workload, settings) | {
        "spec": {
            "scaleTargetRef": target,
            "minReplicas": replicas.least,
            "maxReplicas": replicas.most,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": busy}}],
        }
    }


def _object(version: str, kind: str, workload: Workload, settings: Pods) -> Manifest:
    metadata = {
        "name": workload.id,
        "labels": labels.labels(workload, settings),
        "annotations": labels.annotations(workload, settings),
    }
    return {"apiVersion": version, "kind": kind, "metadata": metadata}
