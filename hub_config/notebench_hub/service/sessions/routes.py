"""Routes of sessions: people read their own, the hub asks for new ones and reports."""

from typing import Annotated

from fastapi import APIRouter, Header
from notebench.contract.errors import NotFound
from notebench.contract.sessions import Session, SessionGrant, SessionRequest, SessionUpdate

from notebench_hub.i18n import negotiate, translator
from notebench_hub.service.doors import Person
from notebench_hub.service.doors.hub_only import hub_only
from notebench_hub.service.feature import Parts
from notebench_hub.service.reasons import in_words
from notebench_hub.service.sessions.desk import Desk
from notebench_hub.service.store import Store
from notebench_hub.service.store import sessions as rows

Language = Annotated[str | None, Header(alias="accept-language", include_in_schema=False)]


def router(store: Store) -> APIRouter:
    """The people's routes. Sessions are never shared, not even through a project."""
    routes = APIRouter()

    @routes.get("/sessions")
    async def list_sessions(asker: Person, accept_language: Language = None) -> list[Session]:
        return [_said(one, accept_language) for one in await store.read(rows.of_user, asker.name)]

    @routes.get("/sessions/{session}")
    async def get_session(session: str, asker: Person, accept_language: Language = None) -> Session:
        found = await store.read(rows.find, session)
        if found is None or found.user != asker.name:
            raise NotFound("There is no session {session}.", "Check its id.", session=session[:80])
        return _said(found, accept_language)

    return routes


def internal(parts: Parts, desk: Desk) -> APIRouter:
    """The hub's routes."""
    routes = APIRouter(prefix="/internal", dependencies=[hub_only(parts.place)])

    @routes.post("/sessions")
    async def grant(request: SessionRequest) -> SessionGrant:
        return await desk.grant(request)

    @routes.put("/sessions/{session}")
    async def update(session: str, update: SessionUpdate) -> Session:
        return await desk.update(session, update)

    return routes


def _said(session: Session, accept_language: str | None) -> Session:
    reason = in_words(session.reason, translator(negotiate(accept_language)))
    return session.model_copy(update={"reason": reason})
