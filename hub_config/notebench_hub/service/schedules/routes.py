"""Routes of schedules."""

from fastapi import APIRouter, Request, Response
from notebench.contract.runs import Preview, PreviewRequest, Run, Schedule, ScheduleRequest

from notebench_hub.service.doors import Person, Writer
from notebench_hub.service.feature import Parts
from notebench_hub.service.schedules import calendar
from notebench_hub.service.schedules.clock import Now
from notebench_hub.service.schedules.desk import Desk
from notebench_hub.service.schedules.words import fire_words, in_words
from notebench_hub.service.shown import language_of, show_run
from notebench_hub.service.store import runs
from notebench_hub.service.store import schedules as rows
from notebench_hub.service.store.schedules import ScheduleRecord


def router(parts: Parts, desk: Desk, now: Now) -> APIRouter:
    """All routes below `/schedules`."""
    routes = APIRouter()

    async def shown(request: Request, records: list[ScheduleRecord]) -> list[Schedule]:
        last = await parts.store.read(runs.last_of_schedules, [one.id for one in records])
        language = language_of(request)
        return [_shown(parts, one, last.get(one.id), language) for one in records]

    @routes.post("/schedules/preview")
    async def preview(request: Request, wish: PreviewRequest, _asker: Person) -> Preview:
        calendar.check(wish.cron, wish.timezone)
        language = language_of(request)
        coming = calendar.upcoming(wish.cron, wish.timezone, now())
        fires = [fire_words(one, wish.timezone, language) for one in coming]
        return Preview(words=in_words(wish.cron, language), next_fires=fires)

    @routes.post("/schedules", status_code=201)
    async def add(request: Request, wish: ScheduleRequest, asker: Writer) -> Schedule:
        return (await shown(request, [await desk.add(asker, wish)]))[0]

    @routes.get("/schedules")
    async def list_schedules(request: Request, asker: Person) -> list[Schedule]:
        return await shown(request, await parts.store.read(rows.listing, asker.owner))

    @routes.get("/schedules/{schedule}")
    async def get_schedule(request: Request, schedule: str, asker: Person) -> Schedule:
        return (await shown(request, [await desk.find(asker, schedule)]))[0]

    @routes.put("/schedules/{schedule}")
    async def change(request: Request, schedule: str, wish: ScheduleRequest, asker: Person) -> Schedule:
        return (await shown(request, [await desk.change(asker, schedule, wish)]))[0]

    @routes.delete("/schedules/{schedule}", status_code=204)
    async def remove(schedule: str, asker: Person) -> Response:
        await desk.remove(asker, schedule)
        return Response(status_code=204)

    @routes.post("/schedules/{schedule}/run", status_code=201)
    async def run_now(request: Request, schedule: str, asker: Person) -> Run:
        return show_run(parts, await desk.run_now(asker, schedule), language_of(request))

    return routes


def _shown(parts: Parts, record: ScheduleRecord, last: Run | None, language: str) -> Schedule:
    due = record.next_fire_time
    coming: list[str] = []
    if due is not None:
        # From the store's fire time on, so that what is shown first is what will happen.
        later = calendar.upcoming(record.cron, record.timezone, due, 4)
        coming = [fire_words(one, record.timezone, language) for one in (due, *later)]
    kept = {name: getattr(record, name) for name in Schedule.model_fields if hasattr(record, name)}
    return Schedule(
        **kept,
        words=in_words(record.cron, language),
        next_fires=coming,
        last_run=show_run(parts, last, language) if last else None,
        url=parts.page("schedules", record.id, record.acting_for),
    )
