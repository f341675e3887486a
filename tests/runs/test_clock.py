"""The clock on a real store: one run per fire time, however many clocks look at once."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from notebench_hub.service.asker import Owner
from notebench_hub.service.schedules.clock import Clock
from notebench_hub.service.store import Store, runs, schedules
from notebench_hub.service.store.schedules import ScheduleRecord
from sqlalchemy.exc import IntegrityError

from tests.postgres.both import Database

DUE = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ADA = Owner("ada")


def schedule(number: int = 0, **changes: object) -> ScheduleRecord:
    fields = {
        "id": f"schedule-{number}",
        "user": "ada",
        "acting_for": "personal",
        "name": "n",
        "notebook": "a.ipynb",
        "cron": "0 * * * *",
        "timezone": "UTC",
        "parameters": {"a": 1},
        "image": "minimal",
        "profile": "small",
        "timeout_seconds": 60,
        "paused": False,
        "next_fire_time": DUE,
        "created": DUE - timedelta(days=1),
    }
    return ScheduleRecord(**(fields | changes))  # type: ignore[arg-type]


@pytest.fixture
def stores(database: Database) -> list[Store]:
    """One database, as three processes of the service would have it open."""
    found = [database.store() for _ in range(3)]
    found[0].open()
    return found


async def test_many_clocks_one_run(stores: list[Store]) -> None:
    for number in range(5):
        await stores[0].write(schedules.put, schedule(number))
    moment = DUE + timedelta(seconds=2)
    clocks = [Clock(store, now=lambda: moment) for store in stores for _ in range(3)]
    fired = await asyncio.gather(*(clock.once() for clock in clocks))
    assert sorted(run.schedule for found in fired for run in found) == [f"schedule-{n}" for n in range(5)]
    found, _ = await stores[1].read(runs.listing, ADA, 100)
    assert len(found) == 5
    assert {run.fire_time for run in found} == {DUE}
    assert await stores[2].read(schedules.next_due) == DUE + timedelta(hours=1)


async def test_a_clock_that_goes_back_fires_nothing_again(stores: list[Store]) -> None:
    [store, *_] = stores
    await store.write(schedules.put, schedule())
    times = iter(
        [DUE, DUE - timedelta(minutes=30), DUE, DUE + timedelta(minutes=59), DUE + timedelta(hours=1)]
    )
    clock = Clock(store, now=lambda: next(times))
    assert [len(await clock.once()) for _ in range(5)] == [1, 0, 0, 0, 1]


async def test_paused_and_future_ones_stay(stores: list[Store]) -> None:
    [store, *_] = stores
    await store.write(schedules.put, schedule(1, paused=True))
    await store.write(schedules.put, schedule(2, next_fire_time=DUE + timedelta(minutes=1)))
    assert await Clock(store, now=lambda: DUE).once() == []


async def test_all_or_nothing(stores: list[Store]) -> None:
    """When one of several due schedules cannot fire, none of the others has half fired."""
    [store, *_] = stores
    for number in range(3):
        await store.write(schedules.put, schedule(number))
    with pytest.raises(IntegrityError):
        await store.write(schedules.fire_due, DUE, _firing, lambda: "always the same id")
    found, _ = await store.read(runs.listing, ADA, 100)
    assert found == []
    assert await store.read(schedules.next_due) == DUE


def _firing(record: ScheduleRecord, moment: datetime) -> schedules.Firing:
    return schedules.Firing(moment, moment + timedelta(hours=1))


async def test_a_fire_time_that_has_its_run_only_moves_on(stores: list[Store]) -> None:
    [store, *_] = stores
    await store.write(schedules.put, schedule())
    assert len(await Clock(store, now=lambda: DUE).once()) == 1
    await store.write(schedules.put, schedule())  # as after a backup was put back
    assert await Clock(store, now=lambda: DUE).once() == []
    assert await store.read(schedules.next_due) == DUE + timedelta(hours=1)
