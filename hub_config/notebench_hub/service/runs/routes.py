"""Routes of notebook runs."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from notebench.contract.errors import NotFound
from notebench.contract.runs import Run, RunList, RunReport, RunRequest, RunState
from pydantic import BaseModel, Field

from notebench_hub.service.asker import Asker
from notebench_hub.service.doors import Anyone, Person, Writer
from notebench_hub.service.feature import Parts
from notebench_hub.service.runs import files
from notebench_hub.service.runs.desk import Desk
from notebench_hub.service.runs.launcher import handle_of
from notebench_hub.service.shown import GUARDED, language_of, show_run, text
from notebench_hub.service.store import runs as rows


class Wanted(BaseModel):
    """Which runs to list."""

    limit: int = Field(default=50, ge=1, le=200)
    cursor: str = Field(default="", max_length=64)
    notebook: str = Field(default="", max_length=1024)
    schedule: str = Field(default="", max_length=64)
    state: RunState | None = None


def router(parts: Parts, desk: Desk) -> APIRouter:
    """All routes below `/runs`."""
    routes = APIRouter()

    def shown(request: Request, run: Run) -> Run:
        return show_run(parts, run, language_of(request))

    @routes.post("/runs", status_code=201)
    async def ask(request: Request, wish: RunRequest, asker: Writer) -> Run:
        return shown(request, await desk.ask(asker, wish))

    @routes.get("/runs")
    async def list_runs(request: Request, asker: Person, wanted: Annotated[Wanted, Query()]) -> RunList:
        only = rows.Filter(wanted.notebook, wanted.schedule, wanted.state.value if wanted.state else "")
        found, following = await parts.store.read(
            rows.listing, asker.owner, wanted.limit, wanted.cursor, only
        )
        return RunList(runs=[shown(request, run) for run in found], next=following)

    @routes.get("/runs/{run}")
    async def get_run(request: Request, run: str, asker: Person) -> Run:
        return shown(request, (await desk.find(asker, run)).run)

    @routes.post("/runs/{run}/cancel")
    async def cancel(request: Request, run: str, asker: Person) -> Run:
        return shown(request, await desk.cancel(asker, run))

    @routes.post("/runs/{run}/report", status_code=204)
    async def report(run: str, said: RunReport, asker: Anyone) -> Response:
        await desk.report(asker, run, said)
        return Response(status_code=204)

    @routes.get("/runs/{run}/logs", response_class=StreamingResponse)
    async def logs(run: str, asker: Person, follow: bool = False) -> StreamingResponse:
        return text(await _lines(parts, desk, asker, run, follow))

    @routes.get("/runs/{run}/output", response_class=StreamingResponse)
    async def output(run: str, asker: Person) -> StreamingResponse:
        return await _output(parts, desk, asker, run)

    return routes


async def _lines(parts: Parts, desk: Desk, asker: Asker, run: str, follow: bool) -> AsyncIterator[str]:
    handle = handle_of(await desk.find(asker, run))
    return parts.backend.logs(handle, follow=follow) if handle else _nothing()


async def _nothing() -> AsyncIterator[str]:
    nothing: tuple[str, ...] = ()
    for line in nothing:
        yield line


async def _output(parts: Parts, desk: Desk, asker: Asker, run: str) -> StreamingResponse:
    kept = await desk.find(asker, run)
    if kept.run.output and not parts.ground.sees_homes:
        raise NotFound(
            "The output notebook {path} is in the owner's home on the cluster, which only sessions see.",
            "Start a session and open it there.",
            code="output-in-home",
            path=kept.run.output,
        )
    try:
        if not kept.run.output:
            raise FileNotFoundError(run)
        opened = await asyncio.to_thread(parts.hands.open_file, kept.run.user, kept.run.output)
    except OSError:
        raise NotFound(
            "The run has no output notebook, or it was moved or removed.",
            "See its logs for how far it came.",
            code="output-missing",
        ) from None
    headers = {**GUARDED, "Content-Disposition": f'attachment; filename="{kept.run.id}.ipynb"'}
    return StreamingResponse(files.chunks(opened), media_type="application/x-ipynb+json", headers=headers)
