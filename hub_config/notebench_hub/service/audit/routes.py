"""Routes of the audit: people read, the hub tells."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from notebench.contract.audit import AuditEntry, AuditPage
from notebench.contract.base import Moment
from pydantic import BaseModel, BeforeValidator, Field
from pydantic_core import PydanticKnownError

from notebench_hub.audit_words import ACTIONS, in_words
from notebench_hub.events import Events
from notebench_hub.i18n import translator
from notebench_hub.service import leaving
from notebench_hub.service.asker import Asker
from notebench_hub.service.doors import Person
from notebench_hub.service.doors.hub_only import hub_only
from notebench_hub.service.feature import Parts
from notebench_hub.service.shown import GUARDED, language_of
from notebench_hub.service.store import Store, audit, audit_pages
from notebench_hub.service.store.audit_pages import Reader

_EXPORTED_AT_ONCE = 500
_NAME = Field(default="", max_length=400)


def _written(given: object) -> object:
    """Refuse seconds since 1970, which pydantic reads as a date: the document says that a date is written."""
    if isinstance(given, str) and given.strip().lstrip("+-").replace(".", "", 1).isdigit():
        raise PydanticKnownError("datetime_from_date_parsing", {"error": "it is a number"})
    return given


Written = Annotated[Moment | None, BeforeValidator(_written)]


class Wanted(BaseModel):
    """Which entries to list."""

    who: str = _NAME
    """Who did it."""
    whom: str = _NAME
    """Whom it concerns."""
    what: str = Field(default="", max_length=64)
    thing: str = _NAME
    project: str = _NAME
    since: Written = None
    until: Written = None

    def plain(self) -> audit_pages.Wanted:
        """As the store takes it."""
        names = audit_pages.Wanted.__dataclass_fields__
        return audit_pages.Wanted(**{name: getattr(self, name) for name in names})


class WantedPage(Wanted):
    """Which page of them."""

    limit: int = Field(default=50, ge=1, le=500)
    cursor: str = Field(default="", max_length=20)


def router(store: Store) -> APIRouter:
    """The people's routes: everybody reads what concerns them, admins read everything."""
    routes = APIRouter()

    @routes.get("/audit")
    async def list_audit(
        request: Request, asker: Person, wanted: Annotated[WantedPage, Query()]
    ) -> AuditPage:
        say = translator(language_of(request))
        found, following = await store.read(
            audit_pages.page, _reader(asker), wanted.plain(), wanted.limit, wanted.cursor
        )
        entries = [one.model_copy(update={"words": in_words(one.action, say)}) for one in found]
        actions = {action: say(words) for action, words in ACTIONS.items()}
        return AuditPage(entries=entries, next=following, actions=actions)

    @routes.get("/audit/export", response_class=StreamingResponse)
    async def export_audit(asker: Person, wanted: Annotated[Wanted, Query()]) -> StreamingResponse:
        headers = {**GUARDED, "Content-Disposition": 'attachment; filename="audit.jsonl"'}
        lines = _lines(store, _reader(asker), wanted.plain())
        return StreamingResponse(lines, media_type="application/jsonl; charset=utf-8", headers=headers)

    return routes


def internal(parts: Parts) -> APIRouter:
    """The hub's route: it may tell the same again, and nothing is noted twice."""
    routes = APIRouter(prefix="/internal", dependencies=[hub_only(parts.place)])

    @routes.post("/audit", status_code=204)
    async def take(said: Events) -> Response:
        await parts.store.write(audit.take, said.events)
        await leaving.heard(parts, said.events)  # all: what was noted before may not have been heard
        return Response(status_code=204)

    return routes


async def _lines(store: Store, reader: Reader, wanted: audit_pages.Wanted) -> AsyncIterator[str]:
    """Newest first, page by page, so that it takes as little memory as time allows."""
    cursor, found = "", list[AuditEntry]()
    while True:
        found, cursor = await store.read(audit_pages.page, reader, wanted, _EXPORTED_AT_ONCE, cursor)
        for one in found:
            yield one.model_dump_json(exclude={"words"}) + "\n"
        if not cursor:
            return


def _reader(asker: Asker) -> Reader:
    """A session, and what runs in it, reads only what belongs to what it acts for."""
    projects = tuple(one.project for one in asker.projects)
    if asker.bound:
        projects = tuple(one for one in projects if one == asker.acting_for)
    return Reader(asker.name, projects, everything=asker.admin)
