"""Sessions: records of people's notebook servers, granted to the hub and kept true to what it runs."""

from notebench_hub.service.feature import Feature, Parts
from notebench_hub.service.sessions.desk import Desk
from notebench_hub.service.sessions.reconcile import Reconciler
from notebench_hub.service.sessions.routes import internal, router


def feature(parts: Parts) -> Feature:
    """The feature `sessions`."""
    desk = Desk(parts)
    return Feature(
        name="sessions",
        api=[router(parts.store)],
        outside=[internal(parts, desk)],
        controllers=[Reconciler(parts.store, parts.hub, desk)],
    )
