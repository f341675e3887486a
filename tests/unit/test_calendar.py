"""Fire times against a reference calendar that is counted minute by minute."""

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from notebench.contract.errors import Refused
from notebench_hub.service.schedules import calendar
from notebench_hub.service.schedules.words import fire_words, in_words
from notebench_hub.service.store.schedules import ScheduleRecord

MINUTE = timedelta(minutes=1)
# Zones with their changes in 2026 and 2027: whole hours, half an hour, at midnight, in the south, none.
CHANGES = {
    "Europe/Berlin": ["2026-03-29", "2026-10-25", "2027-03-28", "2027-10-31"],
    "America/New_York": ["2026-03-08", "2026-11-01", "2027-03-14", "2027-11-07"],
    "America/Santiago": ["2026-04-05", "2026-09-06", "2027-04-04", "2027-09-05"],
    "Africa/Cairo": ["2026-04-24", "2026-10-30", "2027-04-30", "2027-10-29"],
    "Australia/Lord_Howe": ["2026-04-05", "2026-10-04", "2027-04-04", "2027-10-03"],
    "Asia/Kathmandu": ["2026-06-01"],
}
DAYS = [(zone, day) for zone, days in CHANGES.items() for day in days]


@cache
def minutes(zone: str, day: str) -> list[tuple[datetime, datetime]]:
    """(moment, wall clock) of all minutes from a day and a half before to a day and a half after."""
    middle = datetime.fromisoformat(day).replace(tzinfo=UTC)
    tz = ZoneInfo(zone)
    begin = middle - timedelta(hours=36)
    moments = [begin + n * MINUTE for n in range(72 * 60)]
    return [(one, one.astimezone(tz).replace(tzinfo=None, fold=0)) for one in moments]


def reference(zone: str, day: str, hours: set[int], wanted: set[int]) -> list[datetime]:
    """Each wall-clock time once: at its first moment, or at the first moment after its gap."""
    table = minutes(zone, day)
    first: dict[datetime, datetime] = {}
    for moment, wall in table:
        first.setdefault(wall, moment)
    found = set()
    wall = table[0][1]
    while wall <= table[-1][1]:
        if wall.hour in hours and wall.minute in wanted:
            found.add(first.get(wall) or next(m for m, w in table if w > wall))
        wall += MINUTE
    return sorted(found)


@given(
    place=st.sampled_from(DAYS),
    hours=st.sets(st.integers(0, 23), min_size=1, max_size=4),
    wanted=st.sets(st.integers(0, 59), min_size=1, max_size=4),
)
@settings(max_examples=150, deadline=None)
def test_times_of_day_fire_once_each(place: tuple[str, str], hours: set[int], wanted: set[int]) -> None:
    zone, day = place
    table = minutes(zone, day)
    # Hours 1 to 3 are where most changes are.
    hours = hours | {2, 0}
    cron = f"{','.join(map(str, sorted(wanted)))} {','.join(map(str, sorted(hours)))} * * *"
    begin, end = table[12 * 60][0], table[-1][0] - timedelta(hours=6)
    expected = [one for one in reference(zone, day, hours, wanted) if begin < one <= end]
    found = []
    for one in calendar.fires(cron, zone, begin):
        if one > end:
            break
        found.append(one)
    assert found == expected


@given(
    place=st.sampled_from(DAYS),
    offset=st.integers(0, 60 * 60),
    cron=st.sampled_from(["30 2 * * *", "0 * * * *"]),
)
@settings(max_examples=100, deadline=None)
def test_the_next_one_does_not_depend_on_where_one_begins(
    place: tuple[str, str], offset: int, cron: str
) -> None:
    zone, day = place
    begin = minutes(zone, day)[0][0]
    found = calendar.upcoming(cron, zone, begin, 100)
    moment = begin + offset * MINUTE
    assert calendar.next_fire(cron, zone, moment) == found[bisect_right(found, moment)]


def test_an_hour_that_is_missing_and_one_that_is_there_twice() -> None:
    spring = calendar.upcoming("30 2 * * *", "Europe/Berlin", datetime(2027, 3, 27, 12, tzinfo=UTC), 2)
    assert [one.isoformat() for one in spring] == ["2027-03-28T01:00:00+00:00", "2027-03-29T00:30:00+00:00"]
    autumn = calendar.upcoming("30 2 * * *", "Europe/Berlin", datetime(2026, 10, 24, 12, tzinfo=UTC), 2)
    assert [one.isoformat() for one in autumn] == ["2026-10-25T00:30:00+00:00", "2026-10-26T01:30:00+00:00"]
    several = calendar.upcoming("*/15 2 * * *", "Europe/Berlin", datetime(2027, 3, 27, 12, tzinfo=UTC), 2)
    assert [one.isoformat() for one in several] == ["2027-03-28T01:00:00+00:00", "2027-03-29T00:00:00+00:00"]


def test_a_rhythm_goes_on_in_real_time() -> None:
    found = calendar.upcoming("0 * * * *", "Europe/Berlin", datetime(2026, 10, 24, 22, 30, tzinfo=UTC), 6)
    assert {second - first for first, second in pairwise(found)} == {timedelta(hours=1)}


def test_leap_days() -> None:
    found = calendar.upcoming("0 0 29 2 *", "UTC", datetime(2026, 1, 1, tzinfo=UTC), 2)
    assert [one.year for one in found] == [2028, 2032]


@pytest.mark.parametrize(
    "cron",
    [
        "",
        "* * * *",
        "* * * * * *",
        "61 * * * *",
        "@daily",
        "a b c d e",
        "0 0 31 2 *",
        "*/0 * * * *",
        "٣ * * * *",
    ],
)
def test_what_is_no_expression_is_refused(cron: str) -> None:
    with pytest.raises(Refused) as refused:
        calendar.check(cron, "UTC")
    assert refused.value.field == "cron"


@pytest.mark.parametrize("zone", ["", "Berlin", "../../etc/passwd", "Europe/berlin\0", "UTC+1"])
def test_what_is_no_zone_is_refused(zone: str) -> None:
    with pytest.raises(Refused, match="time zone"):
        calendar.check("* * * * *", zone)


def record(cron: str, due: datetime) -> ScheduleRecord:
    return ScheduleRecord(
        **dict.fromkeys(("id", "user", "acting_for", "name", "notebook", "image", "profile"), "x"),
        cron=cron,
        timezone="Europe/Berlin",
        parameters={},
        timeout_seconds=1,
        paused=False,
        next_fire_time=due,
        created=due,
    )


def test_in_time_there_is_nothing_to_say() -> None:
    due = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
    fired = calendar.firing(record("0 6 * * *", due), due + timedelta(seconds=3))
    assert (fired.fire_time, fired.note) == (due, "")
    assert fired.next_fire_time == due + timedelta(days=1)


def test_missed_times_are_one_run_that_says_so() -> None:
    due = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
    fired = calendar.firing(record("0 6 * * *", due), due + timedelta(days=3, hours=2))
    assert fired.fire_time == due + timedelta(days=3)
    assert fired.next_fire_time == due + timedelta(days=4)
    assert "from 2026-11-20 06:00 to 2026-11-23 06:00" in fired.note


@given(
    away=st.integers(0, 900 * 24 * 60),
    cron=st.sampled_from(["* * * * *", "*/5 3 * * *", "0 0 1 1 *", "7 7 * * 1"]),
)
@settings(max_examples=40, deadline=None)
def test_after_any_absence_the_latest_fires_and_the_next_is_ahead(away: int, cron: str) -> None:
    begin = datetime(2026, 2, 1, tzinfo=UTC)
    due = calendar.next_fire(cron, "Europe/Berlin", begin)
    assert due is not None
    moment = due + away * MINUTE
    fired = calendar.firing(record(cron, due), moment)
    assert due <= fired.fire_time <= moment < fired.next_fire_time
    assert calendar.next_fire(cron, "Europe/Berlin", fired.fire_time) == fired.next_fire_time


def test_words_in_three_languages() -> None:
    cron = "30 6 * 5 1-5"
    assert in_words(cron, "en") == "At 06:30, Monday through Friday, only in May"
    assert in_words(cron, "de") == "Um 06:30, Montag bis Freitag, nur im Mai"
    assert "lunes" in in_words(cron, "es")
    assert "mayo" in in_words(cron, "es")
    moment = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
    assert fire_words(moment, "Europe/Berlin", "de") == "Fr., 20. Nov. 2026, 02:30"
    assert fire_words(moment, "America/New_York", "en") == "Thu, Nov 19, 2026, 20:30"
