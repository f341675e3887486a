"""Hardware profiles for the devices that nodes offer, in the catalogue's own words."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any

from notebench_spawner.names import slug
from notebench_spawner.pods.quantities import size
from ruamel.yaml import YAML

if TYPE_CHECKING:
    from notebench_hub.doctor.devices import Offer

_PRODUCT = "nvidia.com/gpu.product"


def proposed(offers: list[Offer]) -> str:
    """A `profiles:` part for the catalogue."""
    products: dict[str, set[str]] = {}
    for one in offers:
        products.setdefault(one.resource, set()).add(one.product)
    made: dict[str, dict[str, Any]] = {}
    for one in offers:
        several = len(products[one.resource]) > 1
        entry = _profile(one, by_product=several)
        name, number = entry["id"], 2
        while entry["id"] in made:
            entry["id"] = f"{name[:37].rstrip('-')}-{number}"
            number += 1
        made[entry["id"]] = entry
    out = StringIO()
    yaml = YAML()
    yaml.width = 200
    yaml.dump({"profiles": list(made.values())}, out)
    return out.getvalue()


def _profile(one: Offer, *, by_product: bool) -> dict[str, Any]:
    vendor, _, device = one.resource.partition("/")
    slice_ = device.startswith("mig-")
    kind = "slice" if slice_ else "shared" if one.shared > 1 else "whole"
    words = {"slice": device.removeprefix("mig-"), "shared": "shared", "whole": ""}[kind]
    product = one.product.removesuffix("-SHARED")
    word = "gpu" if device == "gpu" or slice_ or "gpu" in device else device
    named = product or ("" if vendor == "nvidia.com" else vendor.partition(".")[0])
    placement: dict[str, Any] = {}
    if by_product and one.product:
        placement["node_selector"] = {_PRODUCT: one.product}
    if one.taints:
        placement["tolerations"] = [_toleration(*taint) for taint in one.taints]
    title = {
        "slice": "GPU slice",
        "shared": "Shared GPU",
        "whole": "One GPU" if word == "gpu" else f"One {device}",
    }[kind]
    about = {
        "slice": f"A part of a graphics processor of one's own ({device.removeprefix('mig-')}).",
        "shared": f"A graphics processor that up to {one.shared} use by turns; its memory is not divided.",
        "whole": "A whole graphics processor." if word == "gpu" else f"One device {one.resource}.",
    }[kind]
    return {
        "id": slug("-".join(filter(None, [word, named, words]))),
        "title": f"{title}: {product}" if product else title,
        "description": about,
        "cpu": one.cores,
        "memory": size(one.memory_mib),
        "resources": {one.resource: 1},
        **({"kubernetes": placement} if placement else {}),
    }


def _toleration(key: str, value: str, effect: str) -> dict[str, str]:
    if value:
        return {"key": key, "operator": "Equal", "value": value, "effect": effect}
    return {"key": key, "operator": "Exists", "effect": effect}
