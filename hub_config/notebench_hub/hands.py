"""Whose hands touch people's processes and files in an installation: our own account's, or the launcher's.

Our own keep processes ready, too.
"""

from notebench_spawner.hands import Hands, OwnHands
from notebench_spawner.launcher import LauncherHands
from notebench_spawner.warm import room
from notebench_spawner.warm.pool import Pool
from notebench_spawner.warm.startable import Startable
from notebench_spawner.workload import Kind

from notebench_hub.place import Place
from notebench_hub.settings import Settings
from notebench_hub.shipped import catalogue_file, images_folder

_USUAL = {Kind.session: 2, Kind.run: 1}
"""How many processes are kept ready where the settings leave it to the machine."""


def hands_of(place: Place, warm: Pool | None = None) -> Hands:
    """The hands that hub, service and supervisor of this installation share; `warm` is who asks's own."""
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
        place.root,
        place.environments,
        workloads=place.workloads,
        sockets=place.sockets,
        tour=tour,
        warm=warm,
    )


def kept_ready(place: Place, settings: Settings, kind: Kind) -> Pool | None:
    """Processes that are ready to become sessions, or runs; they end with this process.

    None where people have accounts of their own: only root could give one to a process.
    """
    if place.separate:
        return None
    asked = settings.sessions.warm if kind is Kind.session else settings.runs.warm
    return Pool(
        kind,
        place.environments,
        room.number(asked, _USUAL[kind]),
        current=Startable(catalogue_file(settings)),
        report=place.warm / f"{kind.value}.json",
    )
