"""Admits one request: finds who is asking, what for, and refuses everything else."""

import secrets
from functools import partial
from typing import Annotated

from fastapi import Depends, Request
from notebench.contract import ACTING_HEADER
from notebench.contract.errors import NotAllowed, NotSignedIn, Refused, Unavailable
from notebench.contract.people import PERSONAL, Membership, Role

from notebench_hub.callers import caller as caller_of
from notebench_hub.service.asker import PEOPLE, Asker, AskerKind, Caller, caller, may_write
from notebench_hub.service.doors.hub import HubClient, HubUser
from notebench_hub.service.doors.login import Login
from notebench_hub.service.doors.refused import is_asking
from notebench_hub.service.doors.tokens import MARK, Tokens
from notebench_hub.service.store import Store, projects
from notebench_hub.service.store.tokens import TokenRow

WRITE_HEADER = "X-Notebench"
"""A browser's writes carry this header; another site's page cannot add it without asking us first."""

_READS = frozenset({"GET", "HEAD", "OPTIONS"})


class Doors:
    """The one check that every request passes."""

    def __init__(self, store: Store, hub: HubClient, tokens: Tokens, login: Login) -> None:
        self._store = store
        self._hub = hub
        self._tokens = tokens
        self.login = login

    async def admit(self, request: Request, kinds: frozenset[AskerKind]) -> Asker:
        """Who is asking. Raises NotSignedIn, NotAllowed for the wrong kind, Refused, Unavailable."""
        token = bearer(request)
        if token.startswith(MARK):
            asker = await self._own(request, token, _named(request))
        elif token:
            user = await self._hub.holder(token, whence=partial(whence, request))
            asker = await self._person(request, user, AskerKind.hub_token)
        else:
            asker = await self._browser(request)
        if asker.kind not in kinds:
            raise NotAllowed(
                "This token belongs to a {kind} and does not open this address.",
                "Use a token of your own.",
                code="token-kind",
                kind=asker.kind.value,
            )
        request.state.acting_for = asker.acting_for
        return asker

    async def _browser(self, request: Request) -> Asker:
        token, session = self.login.read(request)
        if not token:
            raise not_signed_in()
        user = await self._hub.holder(token, session, partial(whence, request))
        asker = await self._person(request, user, AskerKind.browser)
        if request.method not in _READS:
            _refuse_foreign_pages(request)
        return asker

    async def _person(self, request: Request, user: HubUser | None, kind: AskerKind) -> Asker:
        if user is None:
            raise not_signed_in()
        is_asking(request, user)
        remember(request, kind.value, came_from(request))
        memberships = await self._of(user)
        acting = _named(request) or PERSONAL
        return Asker(
            name=user.name,
            acting_for=acting,
            role=_role(acting, memberships),
            kind=kind,
            admin=user.admin,
            projects=tuple(memberships),
        )

    async def _own(self, request: Request, token: str, named: str) -> Asker:
        row = await self._tokens.find(token)
        if row is None:
            raise not_signed_in()
        is_asking(request, row.user)
        # A bound token is used by a process on this side of the proxy; whatever header it sends says nothing.
        remember(request, row.kind.value, "")
        if named and named != row.acting_for:
            raise NotAllowed(
                "This token acts for {bound} only, not for {named}.",
                "Leave out the header, or start something that acts for {named}.",
                code="acting-for-bound",
                bound=row.acting_for,
                named=named,
            )
        memberships = await self._memberships(row)
        return Asker(
            name=row.user,
            acting_for=row.acting_for,
            role=_role(row.acting_for, memberships),
            kind=row.kind,
            bound=row.thing,
            projects=tuple(memberships),
        )

    async def _memberships(self, row: TokenRow) -> list[Membership]:
        """What the user of a bound token belongs to now; a user who is gone is not signed in any more.

        With the hub away, runs and model servers keep what they were started with: they can only report
        and log, and their work would be lost.
        """
        try:
            user = await self._hub.user(row.user)
        except Unavailable:
            if row.kind in PEOPLE:
                raise
            return (
                [] if row.acting_for == PERSONAL else [Membership(project=row.acting_for, role=Role.editor)]
            )
        if user is None:
            raise not_signed_in()
        return await self._of(user)

    async def _of(self, user: HubUser) -> list[Membership]:
        if not user.groups:  # asking the store costs more than all else here
            return []
        return await self._store.read(projects.memberships, user.name, user.groups)


def not_signed_in() -> NotSignedIn:
    """The refusal for whoever brings no valid login or token."""
    return NotSignedIn(
        "No valid login or token came with this request.",
        "Log in at the hub, or send a token that is still valid.",
    )


def remember(request: Request, kind: str, origin: str) -> None:
    """Tell the audit where the request under way came from."""
    caller.set(Caller(kind, origin, secrets.token_hex(6)))


def came_from(request: Request) -> str:
    """The client's address as our proxy saw it; what the client itself wrote into the header comes before."""
    forwarded = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    return forwarded or (request.client.host if request.client else "")


def whence(request: Request) -> str:
    """Whom to count a request for, also where its header is made up."""
    peer = (request.client.host, request.client.port) if request.client else ("", 0)
    return caller_of(peer, request.headers.get("x-forwarded-for", ""))


def bearer(request: Request) -> str:
    """The token of the request, if it carries one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() in {"bearer", "token"} else ""


def _named(request: Request) -> str:
    return (request.headers.get(ACTING_HEADER) or request.query_params.get("for") or "")[:255]


def _role(acting: str, memberships: list[Membership]) -> Role:
    if acting == PERSONAL:
        return Role.owner
    for one in memberships:
        if one.project == acting:
            return one.role
    raise NotAllowed(
        "You are not a member of a project {project}.",
        "Choose another project, or ask its owner to add you.",
        code="project-unknown",
        project=acting,
    )


def _refuse_foreign_pages(request: Request) -> None:
    site = request.headers.get("sec-fetch-site", "same-origin")
    if request.headers.get(WRITE_HEADER) == "1" and site in {"same-origin", "none"}:
        return
    raise Refused(
        "A change from a browser needs the header {header}: 1.",
        "Send it, or use a token instead of the browser's login.",
        code="xsrf",
        header=WRITE_HEADER,
    )


async def _person(request: Request) -> Asker:
    doors: Doors = request.app.state.doors
    return await doors.admit(request, PEOPLE)


async def _anyone(request: Request) -> Asker:
    doors: Doors = request.app.state.doors
    return await doors.admit(request, frozenset(AskerKind))


def _writer(asker: Annotated[Asker, Depends(_person)]) -> Asker:
    if not may_write(asker, asker.owner):
        raise NotAllowed(
            "You may read in the project {project}, but not change anything.",
            "Ask an owner of the project to make you an editor.",
            code="viewer",
            project=asker.acting_for,
        )
    return asker


def _admin(asker: Annotated[Asker, Depends(_person)]) -> Asker:
    if not asker.admin:
        raise NotAllowed("Only an admin may do this.", "Ask an admin.", code="admin-only")
    return asker


Person = Annotated[Asker, Depends(_person)]
"""A person: browser, hub token, or a program in their session."""

Writer = Annotated[Asker, Depends(_writer)]
"""A person who may change things in what the request acts for."""

Admin = Annotated[Asker, Depends(_admin)]
"""An admin of the hub, by browser or hub token. A session's token never makes an admin."""

Anyone = Annotated[Asker, Depends(_anyone)]
"""Runs and model servers too: the route itself checks `kind` and `bound`."""
