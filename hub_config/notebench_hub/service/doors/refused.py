"""Refusals of people who are known, for the audit: told the first time, then counted."""

from typing import Any

from fastapi import Request
from notebench.contract.errors import NotAllowed, NotebenchError, Unavailable

from notebench_hub.folding import Folding
from notebench_hub.service.doors.hub import HubUser
from notebench_hub.service.store import Store, audit


class Refusals:
    """One per service."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._folding = Folding()

    async def note(self, request: Request, error: NotebenchError) -> None:
        """Note that somebody may not do this. What is wrong in other ways is no business of the audit."""
        who = asked_by(request)
        if not who or not (isinstance(error, NotAllowed) or error.kind == "xsrf"):
            return
        where = f"{request.method} {_route(request)}"
        unsaid = self._folding.tell(f"{who} {error.kind} {where}")
        if unsaid is None:
            return
        more: dict[str, Any] = {"code": error.kind, "unsaid": unsaid} if unsaid else {"code": error.kind}
        acting_for = str(getattr(request.state, "acting_for", "personal"))
        try:
            await self._store.write(
                audit.note, who, acting_for, "refusal", where, reason=error.text(), **more
            )
        except Unavailable:
            return  # the refusal stands, whether or not it can be noted


async def note(request: Request, error: NotebenchError) -> None:
    """Note a refusal where the application keeps an audit."""
    refusals: Refusals | None = getattr(request.app.state, "refusals", None)
    if refusals is not None:
        await refusals.note(request, error)


def is_asking(request: Request, user: HubUser | str) -> None:
    """Remember who it is, before it is known whether they may."""
    request.state.asked_by = user if isinstance(user, str) else user.name


def asked_by(request: Request) -> str:
    """Who it is, as far as that became known."""
    return str(getattr(request.state, "asked_by", ""))


def _route(request: Request) -> str:
    """The route and not the address: names in it are other people's business."""
    route = request.scope.get("route")
    return str(getattr(route, "path", "")) or "?"
