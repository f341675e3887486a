"""Which folders of tests run beside each other.

Most tests wait: for a hub, a kernel, a browser. The whole suite therefore has two workers, and each takes one
lane after the other. Folders that would be in each other's way share a lane.
"""

from collections.abc import Iterable

import pytest
from xdist.scheduler import LoadScopeScheduling

_TOGETHER = (
    ("accounts", "launcher", "limits", "homes", "warm"),  # they make accounts, or look at all processes
    ("house", "panels"),  # one builds what the other shows
)
_FIRST = ("accounts", "house", "security", "hub", "service", "supervisor", "fuzz", "journey", "kube")
"""Long lanes begin early, so that none is alone in the end."""
_LANES = {folder: together[0] for together in _TOGETHER for folder in together}


class Lanes(LoadScopeScheduling):  # type: ignore[misc]  # xdist says no types
    """Hands out whole lanes."""

    def _split_scope(self, nodeid: str) -> str:
        return lane(nodeid)


def lane(nodeid: str) -> str:
    """The lane of a test, by its folder below `tests`."""
    folder = nodeid.split("/")[1]
    return _LANES.get(folder, folder)


def in_order(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """Lane by lane; within a lane as pytest found them."""
    begin = {name: place for place, name in enumerate(_FIRST)}
    return sorted(items, key=lambda item: (begin.get(lane(item.nodeid), len(begin)), lane(item.nodeid)))
