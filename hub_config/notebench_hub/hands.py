"""Whose hands touch people's processes and files in an installation."""

from notebench_spawner.hands import Hands, OwnHands

from notebench_hub.place import Place
from notebench_hub.shipped import images_folder


def hands_of(place: Place) -> Hands:
    """The hands that hub, service and supervisor of this installation share."""
    return OwnHands(
        place.root,
        place.environments,
        workloads=place.workloads,
        sockets=place.sockets,
        tour=images_folder() / "tour",
    )
