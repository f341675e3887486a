"""The catalogue as people and the hub's start page see it."""

from notebench_hub.service.catalogue.routes import internal, router
from notebench_hub.service.catalogue.shown import Shown
from notebench_hub.service.feature import Feature, Parts


def feature(parts: Parts) -> Feature:
    """The feature `catalogue`."""
    shown = Shown(parts.shelf, parts.store, parts.hub, parts.place.workloads, parts.devices)
    return Feature(
        name="catalogue", api=[router(shown)], outside=[internal(parts, shown)], health=parts.shelf.health
    )
