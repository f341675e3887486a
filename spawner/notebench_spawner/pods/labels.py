"""By what a workload's objects are found, and what they say of it to people who look at the cluster."""

from notebench_spawner.names import dns_label
from notebench_spawner.pods.names import OURS
from notebench_spawner.pods.settings import Pods
from notebench_spawner.workload import Kind, Workload

WORKLOAD = f"{OURS}/workload"
KIND = f"{OURS}/kind"
HOME = f"{OURS}/home"
NETWORK = f"{OURS}/network"


def identity(workload: Workload) -> dict[str, str]:
    """What tells a workload's objects from all others; it never changes."""
    return {WORKLOAD: workload.id, KIND: workload.kind.value}


def labels(workload: Workload, settings: Pods, home_claim: str = "") -> dict[str, str]:
    """A pod's labels; ours are nobody else's to change."""
    found = {
        **settings.labels,
        **workload.hardware.placement.labels,
        "app.kubernetes.io/name": OURS,
        "app.kubernetes.io/component": workload.kind.value,
        f"{OURS}/user": dns_label(workload.user),
        f"{OURS}/acting-for": dns_label(workload.acting_for),
        f"{OURS}/image": dns_label(workload.image.image),
        f"{OURS}/profile": dns_label(workload.hardware.profile),
        # Network policies go by it: a closed one reaches Notebench and nothing else.
        NETWORK: "open" if workload.only_port is None else "closed",
        **identity(workload),
    }
    return found | (of_home(home_claim) if home_claim else {})


def of_home(claim: str) -> dict[str, str]:
    """What all pods have in common that use a home."""
    return {HOME: dns_label(claim)}


def annotations(workload: Workload, settings: Pods) -> dict[str, str]:
    """A pod's annotations: names as they are, and what it was made from."""
    return {
        **settings.annotations,
        # Nothing takes a node away from under a kernel; a model server starts elsewhere.
        "cluster-autoscaler.kubernetes.io/safe-to-evict": str(workload.kind is Kind.model_server).lower(),
        **workload.hardware.placement.annotations,
        f"{OURS}/user": workload.user,
        f"{OURS}/acting-for": workload.acting_for,
        f"{OURS}/image-version": f"{workload.image.image} {workload.image.version}",
        f"{OURS}/image-identity": workload.image.identity,
    }
