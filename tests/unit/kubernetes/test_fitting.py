"""Which nodes could take a hardware profile, by what they say of themselves."""

from typing import Any

import pytest
from notebench_spawner.placement import Placement, Toleration
from notebench_spawner.pods.fitting import fitting
from notebench_spawner.pods.settings import Pods
from notebench_spawner.workload import Hardware

GPU = "nvidia.com/gpu"
TAINT = {"key": GPU, "value": "present", "effect": "NoSchedule"}


def node(taints: list[dict[str, str]] | None = None, *, closed: bool = False, **allocatable: str) -> Any:
    """A node of four cores and 16 GiB, unless said otherwise."""
    spec = {"unschedulable": closed, "taints": taints}
    has = {"cpu": "3920m", "memory": "16Gi", **allocatable}
    return {"metadata": {"labels": {"pool": "gpu"}}, "spec": spec, "status": {"allocatable": has}}


def hardware(cpu: float = 2, gpus: int = 0, **placement: Any) -> Hardware:
    return Hardware(
        profile="p",
        cpu=cpu,
        memory_mib=8192,
        resources={GPU: gpus} if gpus else {},
        placement=Placement(**placement),
    )


TOLERATES = (Toleration(key=GPU, operator="Exists", effect="NoSchedule"),)
WITH_GPU = node([TAINT], **{GPU: "2"})


@pytest.mark.parametrize(
    ("wanted", "there", "fits"),
    [
        (hardware(), node(), True),
        (hardware(cpu=4), node(), False),
        (hardware(cpu=4, cpu_request=0.5), node(), True),
        (hardware(), node(memory="8191Mi"), False),
        (hardware(), node(closed=True), False),
        (hardware(gpus=1), node(), False),
        (hardware(gpus=2), WITH_GPU, False),
        (hardware(gpus=2, tolerations=TOLERATES), WITH_GPU, True),
        (hardware(gpus=3, tolerations=TOLERATES), WITH_GPU, False),
        (hardware(tolerations=(Toleration(key=GPU, value="absent"),)), WITH_GPU, False),
        (hardware(tolerations=(Toleration(key=GPU, value="present"),)), WITH_GPU, True),
        (hardware(tolerations=(Toleration(operator="Exists"),)), WITH_GPU, True),
        (hardware(), node([TAINT | {"effect": "PreferNoSchedule"}]), True),
        (hardware(node_selector={"pool": "gpu"}), node(), True),
        (hardware(node_selector={"pool": "cpu"}), node(), False),
        (hardware(), {"metadata": {"name": "new"}}, False),
    ],
)
def test_one_node(wanted: Hardware, there: Any, fits: bool) -> None:
    assert fitting(wanted, [there], Pods()) == fits


def test_what_all_pods_have_in_common_counts_too() -> None:
    pods = Pods(node_selector={"pool": "cpu"})
    assert fitting(hardware(), [node(), node()], Pods()) == 2
    assert fitting(hardware(), [node()], pods) == 0
    assert fitting(hardware(), [WITH_GPU], Pods(tolerations=TOLERATES)) == 1
