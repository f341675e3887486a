"""How much of a node a pod has and is kept for it: every figure is said, those that are 0 too."""

from notebench_spawner.pods.settings import Pods
from notebench_spawner.workload import Hardware

_LEAST_SHM_MIB = 64


def resources(hardware: Hardware, settings: Pods) -> dict[str, dict[str, str]]:
    """The container's `resources`."""
    placement = hardware.placement
    devices = dict.fromkeys(settings.resources, "0")
    devices |= {name: str(count) for name, count in sorted(hardware.resources.items())}
    disk = {"ephemeral-storage": placement.disk} if placement.disk else {}
    memory = f"{hardware.memory_mib}Mi"
    return {
        "limits": {"cpu": cores(hardware.cpu), "memory": memory, **disk, **devices},
        "requests": {
            "cpu": cores(placement.cpu_request or hardware.cpu),
            "memory": placement.memory_request or memory,
            **disk,
            **devices,
        },
    }


def cores(number: float) -> str:
    """A number of cores, to a thousandth, and never none."""
    thousandths = max(1, round(number * 1000))
    return str(thousandths // 1000) if thousandths % 1000 == 0 else f"{thousandths}m"


def shared_memory(hardware: Hardware) -> str:
    """The size of /dev/shm: half of the memory, as on a machine, where the profile does not say."""
    return hardware.placement.shm or f"{max(_LEAST_SHM_MIB, hardware.memory_mib // 2)}Mi"
