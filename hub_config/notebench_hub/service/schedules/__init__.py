"""Schedules: notebooks that run at fire times, and the clock that makes runs of them."""

from notebench_hub.service.feature import Feature, Parts
from notebench_hub.service.schedules.clock import EVERY_SECONDS, Clock, Now, now
from notebench_hub.service.schedules.desk import Desk
from notebench_hub.service.schedules.routes import router


def feature(parts: Parts, *, now: Now = now, every: float = EVERY_SECONDS) -> Feature:
    """The feature `schedules`. `now` is the clock it goes by."""
    desk = Desk(parts, now)
    clock = Clock(parts.store, now=now, every=every)
    return Feature(name="schedules", api=[router(parts, desk, now)], controllers=[clock])
