"""Hardware profiles from what KubeSpawner sets: cores, memory, devices, and on which nodes."""

import re
from decimal import Decimal
from typing import Any

from notebench_spawner.catalogue.model import Profile
from notebench_spawner.placement import Placement, Toleration
from notebench_spawner.pods.quantities import number, size
from pydantic import ValidationError

from notebench_hub.i18n import _
from notebench_hub.profile_list.choices import Choice, Remarks, applied, text
from notebench_hub.profile_list.source import Tree, part

_BYTES = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([KMGTkmgt]?)(i?)[Bb]?")
_FACTORS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_MEBIBYTE, _LARGEST = 2**20, 9_999_999
_DEFAULT_CPU, _DEFAULT_MIB = 1.0, 2048
_READ = {
    "cpu_guarantee",
    "cpu_limit",
    "extra_annotations",
    "extra_labels",
    "extra_pod_config",
    "extra_resource_guarantees",
    "extra_resource_limits",
    "image",
    "mem_guarantee",
    "mem_limit",
    "node_selector",
    "priority_class_name",
    "tolerations",
}
_PLACES = {
    "environment": "settings.kubernetes.pods.env",
    "fs_gid": "settings.kubernetes.pods.account.files_group",
    "gid": "settings.kubernetes.pods.account.group",
    "image_pull_secrets": "settings.kubernetes.pods.pull_secrets",
    "pvc_name_template": "settings.kubernetes.pods.homes.claim",
    "scheduler_name": "settings.kubernetes.pods.scheduler",
    "storage_capacity": "settings.kubernetes.storage.size",
    "storage_class": "settings.kubernetes.storage.storage_class",
    "uid": "settings.kubernetes.pods.account.user",
}
"""What Notebench has for all profiles alike."""


def of_chart(singleuser: Tree) -> Tree:
    """What the chart's values say for all profiles, as KubeSpawner's traits."""
    extra = part(singleuser, "extraResource")
    found = {
        "cpu_limit": part(singleuser, "cpu").get("limit"),
        "cpu_guarantee": part(singleuser, "cpu").get("guarantee"),
        "mem_limit": part(singleuser, "memory").get("limit"),
        "mem_guarantee": part(singleuser, "memory").get("guarantee"),
        "extra_resource_limits": extra.get("limits"),
        "extra_resource_guarantees": extra.get("guarantees"),
        "node_selector": singleuser.get("nodeSelector"),
        "tolerations": singleuser.get("extraTolerations"),
        "extra_pod_config": singleuser.get("extraPodConfig"),
    }
    return {key: value for key, value in found.items() if value not in (None, {}, [])}


def profile(choice: Choice, defaults: Tree, remarks: Remarks) -> Tree:
    """An entry of `profiles` without id and title."""
    values, name = applied(defaults, choice.values), choice.profile
    for key in sorted(map(text, set(values) - _READ)):
        _elsewhere(name, key, remarks)
    cpu = _cores(values, name, remarks)
    memory = _memory(values, name, remarks)
    devices, disk = _resources(values, name, remarks)
    placement = _placement(values, name, remarks) | disk
    less = _cpu(values.get("cpu_guarantee"))
    if less and less < cpu:
        placement["cpu_request"] = less
    less_mib = _mebibytes(values.get("mem_guarantee"))
    if less_mib and less_mib < memory:
        placement["memory_request"] = size(less_mib)
    return {
        "cpu": int(cpu) if cpu == int(cpu) else cpu,
        "memory": size(memory),
        **({"resources": devices} if devices else {}),
        **({"kubernetes": placement} if placement else {}),
    }


def _elsewhere(name: str, key: str, remarks: Remarks) -> None:
    if place := _PLACES.get(key):
        remarks.add(
            _(
                "Profile '{profile}': `{key}` was left out; for all profiles alike it is `{place}`.",
                profile=name,
                key=key,
                place=place,
            )
        )
    else:
        remarks.add(_("Profile '{profile}': `{key}` has no place in a catalogue.", profile=name, key=key))


def _cores(values: Tree, name: str, remarks: Remarks) -> float:
    if cpu := _cpu(values.get("cpu_limit")):
        return cpu
    cpu = _cpu(values.get("cpu_guarantee")) or _DEFAULT_CPU
    remarks.add(
        _(
            "Profile '{profile}' has no limit of cores that can be read; {cpu} was put.",
            profile=name,
            cpu=f"{cpu:g}",
        )
    )
    return cpu


def _cpu(said: Any) -> float:
    """Cores, or 0 for what is no number of them."""
    found = 0.0 if isinstance(said, bool) else number(said)
    return round(found, 3) if 0.001 <= found <= 1024 else 0.0


def _memory(values: Tree, name: str, remarks: Remarks) -> int:
    if memory := _mebibytes(values.get("mem_limit")):
        return memory
    memory = _mebibytes(values.get("mem_guarantee")) or _DEFAULT_MIB
    remarks.add(
        _(
            "Profile '{profile}' has no limit of memory that can be read; {size} was put.",
            profile=name,
            size=size(memory),
        )
    )
    return memory


def _mebibytes(said: Any) -> int:
    """As JupyterHub reads sizes: by 1024, with or without an i; 0 for what is none."""
    if isinstance(said, bool):
        return 0
    found = _BYTES.fullmatch(str(said).strip()) if isinstance(said, str | int | float) else None
    if not found or len(found[1]) > 30:
        return 0
    mebibytes = int(Decimal(found[1]) * _FACTORS[found[2].upper()] / _MEBIBYTE)
    return mebibytes if 0 < mebibytes <= _LARGEST else 0


def _resources(values: Tree, name: str, remarks: Remarks) -> tuple[dict[str, int], Tree]:
    """Devices, and what it may write to its node's disk."""
    devices: dict[str, int] = {}
    disk: Tree = {}
    limits, kept = part(values, "extra_resource_limits"), part(values, "extra_resource_guarantees")
    for resource, said in {**kept, **limits}.items():
        count = number(said)
        if resource == "ephemeral-storage" and (mebibytes := int(count) // _MEBIBYTE) in range(1, _LARGEST):
            disk["disk"] = size(mebibytes)
        elif (
            count == int(count) and not isinstance(said, bool) and _fits("resources", {resource: int(count)})
        ):
            devices[resource] = int(count)
        elif count != 0:
            remarks.add(
                _(
                    "Profile '{profile}': the resource {resource} was left out.",
                    profile=name,
                    resource=text(resource),
                )
            )
    return devices, disk


def _placement(values: Tree, name: str, remarks: Remarks) -> Tree:
    pod = dict(part(values, "extra_pod_config"))
    wanted: Tree = {
        "node_selector": _plain(values.get("node_selector")),
        "tolerations": _tolerations(values.get("tolerations"), name, remarks),
        "priority_class": values.get("priority_class_name") or pod.pop("priorityClassName", None),
        "runtime_class": pod.pop("runtimeClassName", None) or pod.pop("runtime_class_name", None),
        "labels": _plain(values.get("extra_labels")),
        "annotations": _plain(values.get("extra_annotations")),
    }
    for key in pod:
        remarks.add(
            _(
                "Profile '{profile}': `{key}` has no place in a catalogue.",
                profile=name,
                key=f"extra_pod_config.{text(key)}",
            )
        )
    found: Tree = {}
    for key, value in wanted.items():
        if not value:
            continue
        try:
            Placement.model_validate({key: value})
        except ValidationError:
            remarks.add(
                _(
                    "Profile '{profile}': what `{key}` says is nothing that a cluster takes.",
                    profile=name,
                    key=key,
                )
            )
        else:
            found[key] = value
    return found


def _plain(said: Any) -> Any:
    """A mapping whose values are words, as labels are; KubeSpawner puts names in for braces, we do not."""
    if not isinstance(said, dict):
        return said
    return {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in said.items()}


def _tolerations(said: Any, name: str, remarks: Remarks) -> list[Tree]:
    found = []
    for one in said if isinstance(said, list) else []:
        known = {key: value for key, value in one.items() if value} if isinstance(one, dict) else {"?": one}
        if "tolerationSeconds" in known:
            known["seconds"] = known.pop("tolerationSeconds")
        try:
            Toleration.model_validate(known)
        except ValidationError:
            remarks.add(
                _(
                    "Profile '{profile}': what `{key}` says is nothing that a cluster takes.",
                    profile=name,
                    key="tolerations",
                )
            )
        else:
            found.append(known)
    return found


def _fits(key: str, value: Any) -> bool:
    entry = {"id": "x", "title": "x", "description": "x", "cpu": 1, "memory": "1Gi", key: value}
    try:
        Profile.model_validate(entry)
    except ValidationError:
        return False
    return True
