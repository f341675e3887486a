"""Fire times of a cron expression in a time zone: pure functions over moments.

Times of day are wall-clock times: one that does not exist (the clock goes forward) fires at the first moment
after the gap, one that exists twice (the clock goes back) fires once, the first time. Where the hour field
begins with `*`, the expression means a rhythm: it goes on in real time through both.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError
from notebench.contract.errors import Refused

from notebench_hub.service.store.schedules import Firing, ScheduleRecord

_FIELD = re.compile(r"[0-9A-Za-z*,/#-]+")
_IN_TIME = timedelta(seconds=90)
_WINDOWS = (timedelta(days=2), timedelta(days=62), timedelta(days=800))
_MINUTE = timedelta(minutes=1)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def check(cron: str, timezone: str) -> None:
    """Raises Refused for what is no expression of five fields, never fires, or is no time zone."""
    if timezone not in _zones():
        raise Refused(
            "{timezone} is not a time zone.",
            "Give an IANA name, for example Europe/Berlin.",
            code="timezone",
            field="timezone",
            timezone=repr(timezone[:64]),
        )
    fields = cron.split()
    if len(fields) != 5 or not all(map(_FIELD.fullmatch, fields)):
        raise _not_cron(cron)
    try:
        next(CronSim(cron, datetime(2026, 1, 1)))
    except CronSimError:
        raise _not_cron(cron) from None
    except StopIteration:
        raise Refused(
            "The cron expression {cron} never fires.",
            "Check day and month.",
            code="cron-never",
            field="cron",
            cron=cron,
        ) from None


def fires(cron: str, timezone: str, after: datetime) -> Iterator[datetime]:
    """Moments in UTC, strictly after `after`, in order, without end for an expression that passed `check`."""
    zone = ZoneInfo(timezone)
    if cron.split()[1].startswith("*"):
        yield from _rhythm(cron, zone, after)
        return
    last = after
    for wall in CronSim(cron, after.astimezone(zone).replace(tzinfo=None, fold=0)):
        moment = _moment(wall, zone)
        if moment > last:
            last = moment
            yield moment


def upcoming(cron: str, timezone: str, after: datetime, count: int = 5) -> list[datetime]:
    """The next fire times."""
    return list(islice(fires(cron, timezone, after), count))


def next_fire(cron: str, timezone: str, after: datetime) -> datetime | None:
    """The next fire time, or None where there is none for half a century."""
    return next(fires(cron, timezone, after), None)


def firing(record: ScheduleRecord, moment: datetime) -> Firing:
    """What a schedule that is due at `moment` does: it fires once, for the latest fire time that is due."""
    first = record.next_fire_time or moment
    last = _latest(record, first, moment)
    return Firing(
        last, next_fire(record.cron, record.timezone, max(last, moment)), _note(record, first, last, moment)
    )


def _latest(record: ScheduleRecord, first: datetime, moment: datetime) -> datetime:
    """The last fire time up to `moment`; looks at a few days first, because a minute's rhythm is long."""
    for window in _WINDOWS:
        begin = max(first, moment - window)
        found = first if begin == first else None
        for one in fires(record.cron, record.timezone, begin):
            if one > moment:
                break
            found = one
        if found:
            return found
    return first


def _note(record: ScheduleRecord, first: datetime, last: datetime, moment: datetime) -> str:
    if first == last and moment - first <= _IN_TIME:
        return ""
    zone = ZoneInfo(record.timezone)
    begin, end = (f"{one.astimezone(zone):%Y-%m-%d %H:%M}" for one in (first, last))
    if first == last:
        return f"It runs late: the fire time {begin} passed while Notebench was away."
    return f"It runs late, and once: the fire times from {begin} to {end} passed while Notebench was away."


def _rhythm(cron: str, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Real time: each wall-clock minute that exists counts, both times where it exists twice."""
    for moment in CronSim(cron, after.astimezone(zone)):
        found = moment.astimezone(UTC)
        if found > after:
            yield found


def _moment(wall: datetime, zone: ZoneInfo) -> datetime:
    """The moment of a wall-clock time: the first of two, or the first one after the gap it is in."""
    moment = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None, fold=0) == wall:
        return moment
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)  # in a gap, fold 1 is the earlier moment
    offset = before.astimezone(zone).utcoffset()
    while moment - before > _MINUTE:
        middle = before + (moment - before) // 2
        middle = middle.replace(second=0, microsecond=0)
        if middle <= before:
            break
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            moment = middle
    return moment


def _not_cron(cron: str) -> Refused:
    return Refused(
        "{cron} is not a cron expression.",
        "Give five fields: minute, hour, day of month, month, day of week. For example: 30 6 * * 1-5",
        code="cron",
        field="cron",
        cron=repr(cron[:120]),
    )
