"""What this machine has: cores, memory, graphics processors; and what of a profile it cannot give."""

import os
import re
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from notebench.contract.errors import Refused

from notebench_spawner.catalogue.model import Profile

_MEBIBYTE = 1024 * 1024
_GPU_DEVICE = re.compile(r"nvidia[0-9]+")
_MIG_LINE = re.compile(r"^\s*MIG\s+([0-9]+g\.[0-9]+gb\S*)\s+Device", re.MULTILINE)
_LOOK_SECONDS = 5


@dataclass(frozen=True)
class Machine:
    """One machine, as far as profiles need to know it."""

    cores: int
    memory_mib: int
    resources: dict[str, int] = field(default_factory=dict)
    """Extended resources by Kubernetes' names, for example `{"nvidia.com/gpu": 1}`."""


def look(devices: Path = Path("/dev")) -> Machine:
    """The machine this runs on: cores and memory that this process may use, containers' limits included."""
    memory = min(psutil.virtual_memory().total, _cgroup_memory())
    return Machine(len(os.sched_getaffinity(0)), memory // _MEBIBYTE, _graphics(devices))


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


def _graphics(devices: Path) -> dict[str, int]:
    """NVIDIA's processors by device file; slices as `nvidia-smi -L` lists them."""
    try:
        cards = [entry.name for entry in devices.iterdir() if _GPU_DEVICE.fullmatch(entry.name)]
    except OSError:
        cards = []
    if not cards:
        return {}
    slices = Counter(_MIG_LINE.findall(_listing()))
    return {
        "nvidia.com/gpu": len(cards),
        **{f"nvidia.com/mig-{name}": count for name, count in slices.items()},
    }


def _listing() -> str:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return ""
    try:
        done = subprocess.run(
            [tool, "-L"], capture_output=True, text=True, timeout=_LOOK_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout
