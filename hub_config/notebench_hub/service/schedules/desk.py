"""The desk where people keep schedules: checks what is wished, early, and writes it down."""

import secrets
from datetime import datetime
from typing import Any

from notebench.contract.errors import NotFound, Refused
from notebench.contract.runs import Run, ScheduleRequest

from notebench_hub.service.asker import Asker, may_read
from notebench_hub.service.feature import Parts
from notebench_hub.service.notebooks import check_parameters, choice, notebook_path
from notebench_hub.service.refusals import check_queue, check_writer
from notebench_hub.service.schedules.calendar import check, next_fire
from notebench_hub.service.schedules.clock import Now
from notebench_hub.service.store import Transaction, audit, runs
from notebench_hub.service.store import schedules as rows
from notebench_hub.service.store.schedules import ScheduleRecord

MOST = 200
"""Schedules that one owner may have."""


class Desk:
    """Takes wishes in. A schedule runs as whoever wrote it last: what it may do is what they may do."""

    def __init__(self, parts: Parts, now: Now) -> None:
        self._parts = parts
        self._now = now

    async def add(self, asker: Asker, wish: ScheduleRequest) -> ScheduleRecord:
        """A new schedule. Raises Refused, NotFound, NotAllowed, TooLarge or Unavailable."""
        record = await self._record(asker, wish, secrets.token_hex(8), self._now())
        await self._parts.store.write(_add, record)
        return record

    async def change(self, asker: Asker, schedule: str, wish: ScheduleRequest) -> ScheduleRecord:
        """Replace all of it; what it acts for stays. Raises as `add`, and NotFound."""
        before = await self.find(asker, schedule)
        check_writer(asker, before.owner)
        record = await self._record(asker, wish, schedule, before.created, before.acting_for)
        await self._parts.store.write(_change, record, asker.name)
        return record

    async def find(self, asker: Asker, schedule: str) -> ScheduleRecord:
        """A schedule that the asker may know of. Raises NotFound."""
        record = await self._parts.store.read(rows.find, schedule)
        if record is None or not may_read(asker, record.owner):
            raise NotFound(
                "There is no schedule {schedule}.",
                "Check its id.",
                code="schedule-unknown",
                schedule=schedule[:80],
            )
        return record

    async def remove(self, asker: Asker, schedule: str) -> None:
        """Forget it; its runs stay."""
        record = await self.find(asker, schedule)
        check_writer(asker, record.owner)
        await self._parts.store.write(_remove, record, asker.name)

    async def run_now(self, asker: Asker, schedule: str) -> Run:
        """One run out of turn."""
        record = await self.find(asker, schedule)
        check_writer(asker, record.owner)
        return await self._parts.store.write(_run_now, record, asker.name, self._now())

    async def _record(
        self, asker: Asker, wish: ScheduleRequest, schedule: str, created: datetime, acting_for: str = ""
    ) -> ScheduleRecord:
        check(wish.cron, wish.timezone)
        check_parameters(wish.parameters)
        await notebook_path(self._parts.hands, asker.name, wish.notebook)
        image, profile = await choice(self._parts.store, asker, wish.image, wish.profile)
        resolved = await self._parts.resolver.resolve(asker.name, image, profile)
        due = None if wish.paused else next_fire(wish.cron, wish.timezone, self._now())
        return ScheduleRecord(
            id=schedule,
            user=asker.name,
            acting_for=acting_for or asker.acting_for,
            name=wish.name,
            notebook=wish.notebook,
            cron=wish.cron,
            timezone=wish.timezone,
            parameters=wish.parameters,
            image=resolved.image.image,
            profile=resolved.hardware.profile,
            timeout_seconds=wish.timeout_seconds,
            paused=wish.paused,
            next_fire_time=due,
            created=created,
        )


def _add(tx: Transaction, record: ScheduleRecord) -> None:
    if rows.count(tx, record.owner) >= MOST:
        raise Refused(
            "There are {limit} schedules already.",
            "Delete some that are not needed any more.",
            code="too-many-schedules",
            limit=MOST,
        )
    rows.put(tx, record)
    audit.note(tx, record.user, record.acting_for, "schedule-add", record.id, after=_facts(record))


def _change(tx: Transaction, record: ScheduleRecord, user: str) -> None:
    old = rows.find(tx, record.id)
    rows.put(tx, record)
    concerns = old.user if old else record.user
    before, after = _facts(old) if old else None, _facts(record)
    audit.note(
        tx,
        user,
        record.acting_for,
        "schedule-change",
        record.id,
        concerns=concerns,
        before=before,
        after=after,
    )


def _remove(tx: Transaction, record: ScheduleRecord, user: str) -> None:
    rows.remove(tx, record.id)
    before = _facts(record)
    audit.note(tx, user, record.acting_for, "schedule-remove", record.id, concerns=record.user, before=before)


def _run_now(tx: Transaction, record: ScheduleRecord, user: str, moment: datetime) -> Run:
    check_queue(tx, record.owner)
    run = runs.add(tx, rows.as_run(record, secrets.token_hex(8), moment))
    facts: dict[str, Any] = {"notebook": run.notebook, "image": run.image, "profile": run.profile}
    audit.note(
        tx,
        user,
        record.acting_for,
        "run-start",
        run.id,
        concerns=record.user,
        schedule=record.id,
        **facts,
    )
    return run


def _facts(record: ScheduleRecord) -> dict[str, Any]:
    names = ("name", "user", "notebook", "cron", "timezone", "image", "profile", "paused")
    return {name: getattr(record, name) for name in names}
