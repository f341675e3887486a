"""Whose hands touch people's processes and files in an installation: our own account's, or the launcher's."""

from notebench_spawner.hands import Hands, OwnHands
from notebench_spawner.launcher import LauncherHands

from notebench_hub.place import Place
from notebench_hub.shipped import images_folder


def hands_of(place: Place) -> Hands:
    """The hands that hub, service and supervisor of this installation share."""
    tour = images_folder() / "tour"
    if place.separate:
        return LauncherHands(
            place.launcher_socket,
            place.root,
            place.environments,
            workloads=place.workloads,
            sockets=place.launcher_sockets,
            tour=tour,
        )
    return OwnHands(
        place.root, place.environments, workloads=place.workloads, sockets=place.sockets, tour=tour
    )
