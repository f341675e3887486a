"""Whose hands touch people's processes and files in an installation: our own account's, or the launcher's.

Both keep processes ready: we ourselves, or the launcher, as long as it is told to.
"""

import os

from notebench_spawner.hands import Hands, OwnHands
from notebench_spawner.launcher import LauncherHands
from notebench_spawner.launcher.wishing import Wishing
from notebench_spawner.warm import room
from notebench_spawner.warm.pool import Pool
from notebench_spawner.warm.report import Report
from notebench_spawner.warm.startable import Startable
from notebench_spawner.workload import Kind

from notebench_hub.place import Place
from notebench_hub.settings import Settings
from notebench_hub.shipped import catalogue_file, images_folder

_USUAL = {Kind.session: 2, Kind.run: 1}
"""How many processes are kept ready where the settings leave it to the machine."""


def hands_of(place: Place, warm: Pool | None = None) -> Hands:
    """The hands that hub, service and supervisor of this installation share; `warm` is who asks's own."""
    if place.separate:
        return _launchers(place)
    return OwnHands(
        place.root,
        place.environments,
        workloads=place.workloads,
        sockets=place.sockets,
        tour=images_folder() / "tour",
        warm=warm,
    )


def hands_with_ready(place: Place, settings: Settings, kind: Kind) -> Hands:
    """The same, with processes kept ready to become sessions, or runs; they end with this process."""
    count, current = how_many(place, settings, kind), Startable(catalogue_file(settings))
    file = place.warm / f"{kind.value}.json"
    if not place.separate:
        return hands_of(place, Pool(kind, place.environments, count, current=current, report=file))
    hands = _launchers(place)
    Wishing(hands, kind, count, current=current, report=Report(file, kind, count), ambient=os.environ)
    return hands


def how_many(place: Place, settings: Settings, kind: Kind) -> int:
    """How many processes of a kind are kept ready here."""
    asked = settings.sessions.warm if kind is Kind.session else settings.runs.warm
    if asked is None and kind is Kind.session and place.separate and room.ssh_refuses():
        return 0
    return room.number(asked, _USUAL[kind])


def _launchers(place: Place) -> LauncherHands:
    return LauncherHands(
        place.launcher_socket,
        place.root,
        place.environments,
        workloads=place.workloads,
        sockets=place.launcher_sockets,
        tour=images_folder() / "tour",
    )
