"""Devices that nodes offer, and hardware profiles of the catalogue for them."""

from dataclasses import dataclass

from notebench_spawner.catalogue.model import Document
from notebench_spawner.pods.pod import Manifest
from notebench_spawner.pods.quantities import number
from notebench_spawner.pods.settings import Pods

from notebench_hub.doctor import profiles
from notebench_hub.doctor.facts import Facts
from notebench_hub.doctor.finding import Finding, Verdict, listed
from notebench_hub.i18n import _

_MEBIBYTE = 2**20
_NOT_DEVICES = ("kubernetes.io/", "hugepages-", "attachable-volumes-")


@dataclass(frozen=True)
class Offer:
    """One kind of device as some like nodes have it, and what of such a node belongs to one of them."""

    resource: str
    product: str
    taints: tuple[tuple[str, str, str], ...]
    shared: int
    """How many share one device by turns; 1 where it is one's own."""
    nodes: int
    devices: int
    cores: int
    memory_mib: int


def offers(nodes: list[Manifest], pods: Pods) -> list[Offer]:
    """What the nodes offer, the same kind once."""
    found: dict[tuple[object, ...], list[Offer]] = {}
    for node in nodes:
        if node.get("spec", {}).get("unschedulable"):
            continue
        for resource, count in (node.get("status", {}).get("allocatable") or {}).items():
            if "/" in resource and not any(word in resource for word in _NOT_DEVICES) and number(count) >= 1:
                one = _offer(node, resource, int(number(count)), pods)
                found.setdefault((resource, one.product, one.taints, one.shared), []).append(one)
    return [_together(same) for _key, same in sorted(found.items(), key=lambda item: str(item[0]))]


def _offer(node: Manifest, resource: str, count: int, pods: Pods) -> Offer:
    labels = node["metadata"].get("labels") or {}
    has = node["status"]["allocatable"]
    tolerated = {(one.key, one.effect) for one in pods.tolerations}
    taints = tuple(
        sorted(
            (one["key"], str(one.get("value") or ""), one["effect"])
            for one in node.get("spec", {}).get("taints") or ()
            if one["effect"] in ("NoSchedule", "NoExecute")
            and (one["key"], one["effect"]) not in tolerated
            and not one["key"].startswith("node.kubernetes.io/")
        )
    )
    replicas = labels.get(f"{resource}.replicas", "1")
    turns = labels.get(f"{resource}.sharing-strategy", "none") != "none" or resource.endswith(".shared")
    shared = max(2, int(number(replicas))) if turns else 1
    return Offer(
        resource=resource,
        product=str(labels.get(f"{resource.partition('/')[0]}/gpu.product", "")),
        taints=taints,
        shared=shared,
        nodes=1,
        devices=count,
        cores=max(1, int(number(has.get("cpu", "1")) // count)),
        memory_mib=max(1024, int(number(has.get("memory", "1Gi")) / _MEBIBYTE / count) // 1024 * 1024),
    )


def _together(same: list[Offer]) -> Offer:
    """The smallest node decides what belongs to one device, so that the profile fits on each of them."""
    return Offer(
        resource=same[0].resource,
        product=same[0].product,
        taints=same[0].taints,
        shared=same[0].shared,
        nodes=len(same),
        devices=sum(one.devices for one in same),
        cores=min(one.cores for one in same),
        memory_mib=min(one.memory_mib for one in same),
    )


def devices(facts: Facts) -> list[Finding]:
    """What there is, and what the catalogue wants and nobody has."""
    if facts.nodes.value is None:
        what = _("Which devices the nodes have is not known ({reason}).", reason=facts.nodes.why)
        return [Finding("devices", Verdict.unknown, what, _("Let somebody look who may `list nodes`."))]
    pods = facts.settings.kubernetes.pods
    found = offers(facts.nodes.value, pods)
    return [_there(found, pods), *_missing(found, facts.catalogue)]


def _there(found: list[Offer], pods: Pods) -> Finding:
    if not found:
        return Finding("devices", Verdict.ok, _("No node offers a graphics processor or another device."))
    each = listed(
        f"{one.devices} × {one.resource}" + (f" ({one.product})" if one.product else "") for one in found
    )
    what = _("The nodes offer: {devices}.", devices=each)
    step = _(
        "These profiles fit them; take what you need into the catalogue, and name them in `profiles` of its "
        "images."
    )
    unnamed = sorted({one.resource for one in found if "/mig-" not in one.resource} - set(pods.resources))
    if unnamed:
        step += " " + _(
            "Add {names} to `settings.kubernetes.pods.resources`, so that every other pod asks for none of "
            "them.",
            names=listed(unnamed),
        )
    return Finding("devices", Verdict.ok, what, step, profiles.proposed(found))


def _missing(found: list[Offer], catalogue: Document) -> list[Finding]:
    there = {one.resource for one in found}
    wanted = {one.id: sorted(set(one.resources) - there) for one in catalogue.profiles}
    lacking = [f"{name} ({', '.join(lacks)})" for name, lacks in wanted.items() if lacks]
    if not lacking:
        return []
    what = _("Profiles of the catalogue want what no node offers: {profiles}.", profiles=listed(lacking))
    step = _(
        "Take them out of the catalogue, or add such nodes; an autoscaler that adds them when needed is fine."
    )
    return [Finding("devices", Verdict.warning, what, step)]
