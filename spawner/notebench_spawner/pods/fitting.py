"""Whether a node could take a workload if nothing else were on it: a pure function of what nodes say."""

from collections.abc import Iterable, Mapping
from typing import Any

from notebench_spawner.placement import Toleration
from notebench_spawner.pods.pod import Manifest
from notebench_spawner.pods.quantities import number
from notebench_spawner.pods.resources import resources
from notebench_spawner.pods.settings import Pods
from notebench_spawner.workload import Hardware

_KEEPING_OUT = ("NoSchedule", "NoExecute")


def fitting(hardware: Hardware, nodes: Iterable[Manifest], settings: Pods) -> int:
    """How many of the nodes could."""
    return sum(_fits(hardware, node, settings) for node in nodes)


def _fits(hardware: Hardware, node: Manifest, settings: Pods) -> bool:
    spec, labels = node.get("spec") or {}, node["metadata"].get("labels") or {}
    wanted = {**settings.node_selector, **hardware.placement.node_selector}
    tolerated = (*settings.tolerations, *hardware.placement.tolerations)
    return (
        not spec.get("unschedulable")
        and wanted.items() <= labels.items()
        and all(_put_up_with(taint, tolerated) for taint in spec.get("taints") or ())
        and _has_room(hardware, (node.get("status") or {}).get("allocatable") or {}, settings)
    )


def _has_room(hardware: Hardware, has: Mapping[str, Any], settings: Pods) -> bool:
    asked = resources(hardware, settings)["requests"]
    return all(number(has.get(name, 0)) >= number(amount) for name, amount in asked.items())


def _put_up_with(taint: Mapping[str, Any], tolerations: Iterable[Toleration]) -> bool:
    if taint.get("effect") not in _KEEPING_OUT:
        return True
    return any(
        one.effect in ("", taint["effect"])
        and one.key in ("", taint.get("key"))
        and (one.operator == "Exists" or one.value == (taint.get("value") or ""))
        for one in tolerations
    )
