"""Nodes: what a cluster's machines offer."""

from dataclasses import dataclass, field

from tests.kube.standin import names
from tests.kube.standin.kinds import NODES, Object
from tests.kube.standin.store import Store


@dataclass
class NodeSpec:
    """One machine as a test describes it."""

    name: str
    cpu: str = "4"
    memory: str = "16Gi"
    pods: int = 110
    resources: dict[str, str] = field(default_factory=dict)
    """Extended resources, for example `nvidia.com/gpu: "1"`."""
    labels: dict[str, str] = field(default_factory=dict)
    taints: list[Object] = field(default_factory=list)

    def manifest(self) -> Object:
        offers = {
            "cpu": self.cpu,
            "memory": self.memory,
            "pods": str(self.pods),
            "ephemeral-storage": "100Gi",
        }
        offers |= self.resources
        labels = {
            "kubernetes.io/hostname": self.name,
            "kubernetes.io/os": "linux",
            "kubernetes.io/arch": "amd64",
        }
        ready = {
            "type": "Ready",
            "status": "True",
            "reason": "KubeletReady",
            "message": "kubelet is posting ready status",
            "lastHeartbeatTime": names.now(),
            "lastTransitionTime": names.now(),
        }
        return {
            "kind": "Node",
            "apiVersion": "v1",
            "metadata": {
                "name": self.name,
                "labels": labels | self.labels,
                "uid": names.uid(),
                "creationTimestamp": names.now(),
            },
            "spec": {"taints": self.taints} if self.taints else {},
            "status": {
                "capacity": dict(offers),
                "allocatable": dict(offers),
                "conditions": [ready],
                "addresses": [
                    {"type": "InternalIP", "address": "127.0.0.1"},
                    {"type": "Hostname", "address": self.name},
                ],
            },
        }


def add(store: Store, spec: NodeSpec) -> None:
    store.put(NODES, spec.manifest())


TWO = [NodeSpec("node-a"), NodeSpec("node-b")]
