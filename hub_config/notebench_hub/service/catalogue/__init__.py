"""The catalogue as people and the hub's start page see it."""

from notebench_hub.service.catalogue.nodes import Nodes
from notebench_hub.service.catalogue.routes import internal, router
from notebench_hub.service.catalogue.shown import Shown
from notebench_hub.service.feature import Feature, Parts
from notebench_hub.service.launching import seeing_nodes


def feature(parts: Parts) -> Feature:
    """The feature `catalogue`."""
    nodes = Nodes(parts.settings.kubernetes.pods, seeing_nodes(parts.settings))
    shown = Shown(parts.shelf, parts.store, parts.hub, parts.place.workloads, parts.devices, nodes=nodes)
    return Feature(
        name="catalogue",
        api=[router(shown)],
        outside=[internal(parts, shown)],
        controllers=[nodes],
        health=parts.shelf.health,
    )
