"""What this machine has: cores, memory, graphics processors; and what of a profile it cannot give."""

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import psutil
from notebench.contract.errors import Refused

from notebench_spawner.catalogue.devices import DRIVER, Device, discover
from notebench_spawner.catalogue.model import Profile

_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Machine:
    """One machine, as far as profiles need to know it."""

    cores: int
    memory_mib: int
    devices: tuple[Device, ...] = ()

    @property
    def resources(self) -> dict[str, int]:
        """Extended resources by Kubernetes' names, for example `{"nvidia.com/gpu": 1}`."""
        return dict(Counter(device.resource for device in self.devices))


def look(driver: Path = DRIVER) -> Machine:
    """The machine this runs on: cores and memory that this process may use, containers' limits included."""
    memory = min(psutil.virtual_memory().total, _cgroup_memory())
    return Machine(len(os.sched_getaffinity(0)), memory // _MEBIBYTE, discover(driver))


def lacks(machine: Machine, profile: Profile) -> Refused | None:
    """Why the machine cannot give the profile, as an error to raise or to show; None where it can."""
    for name, count in profile.resources.items():
        if count > machine.resources.get(name, 0):
            return Refused(
                "Profile '{profile}' needs {needs} × {resource}; this machine has {has}.",
                "Choose a profile without it.",
                code="profile-unavailable",
                field="profile",
                profile=profile.id,
                resource=name,
                needs=count,
                has=machine.resources.get(name, 0),
            )
    if profile.cpu > machine.cores:
        return Refused(
            "Profile '{profile}' needs {needs} cores; this machine has {has}.",
            "Choose a smaller profile.",
            code="profile-unavailable",
            field="profile",
            profile=profile.id,
            needs=f"{profile.cpu:g}",
            has=machine.cores,
        )
    if profile.memory > machine.memory_mib:
        return Refused(
            "Profile '{profile}' needs {needs} GiB of memory; this machine has {has} GiB.",
            "Choose a smaller profile.",
            code="profile-unavailable",
            field="profile",
            profile=profile.id,
            needs=f"{profile.memory / 1024:.3g}",
            has=f"{machine.memory_mib / 1024:.3g}",
        )
    return None


def _cgroup_memory() -> int:
    """The memory limit of this process's container in bytes, or a huge number where there is none."""
    for file in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            return int(Path(file).read_text())
        except (OSError, ValueError):  # no such cgroup version here, or the word `max`
            continue
    return 1 << 62
