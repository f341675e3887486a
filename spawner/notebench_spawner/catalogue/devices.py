"""Graphics processors of this machine, each by the name under which a program asks for it alone.

NVIDIA's only. They are told by the driver's own tool, `nvidia-smi -L`, and where that is missing or does not
answer by the driver's files. A processor that is divided (MIG) counts as its slices and not as a whole.
"""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

DRIVER = Path("/proc/driver/nvidia")
GPU = "nvidia.com/gpu"
_SECONDS = 10
_WHOLE = re.compile(r"GPU +[0-9]+: (?P<name>.+) \(UUID: (?P<id>GPU-[0-9A-Za-z-]+)\)")
_SLICE = re.compile(r"\s+MIG +(?P<kind>[0-9]+g\.[0-9]+gb\S*) +Device +[0-9]+: \(UUID: (?P<id>MIG-[^)\s]+)\)")


@dataclass(frozen=True)
class Device:
    """One processor, or one slice of it, that one workload gets."""

    id: str
    """What `CUDA_VISIBLE_DEVICES` takes: a UUID, which stays the same over restarts."""
    resource: str
    """Kubernetes' name of its kind."""
    name: str = ""
    """What it is, for people."""


def discover(driver: Path = DRIVER) -> tuple[Device, ...]:
    """All that the driver knows. Nothing where there is no driver, or it does not answer."""
    return tuple(_listed(_listing()) or _in_files(driver))


def _listing() -> str:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return ""
    try:
        done = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def _listed(listing: str) -> list[Device]:
    found: list[Device] = []
    whole: Device | None = None
    for line in listing.splitlines():
        if one := _WHOLE.match(line):
            whole = Device(one["id"], GPU, one["name"])
            found.append(whole)
        elif (one := _SLICE.match(line)) and whole is not None:
            if whole in found:
                found.remove(whole)
            name = f"{whole.name} {one['kind']}"
            # `1g.10gb+me` is written without the plus sign in a resource's name.
            found.append(Device(one["id"], f"nvidia.com/mig-{one['kind'].replace('+', '.')}", name))
    return found


def _in_files(driver: Path) -> list[Device]:
    found = []
    for file in sorted(driver.glob("gpus/*/information")):
        try:
            pairs = (line.partition(":") for line in file.read_text().splitlines())
        except OSError:
            continue
        facts = {name.strip(): value.strip() for name, _, value in pairs}
        if facts.get("GPU UUID", "").startswith("GPU-") and "?" not in facts["GPU UUID"]:
            found.append(Device(facts["GPU UUID"], GPU, facts.get("Model", "")))
    return found
