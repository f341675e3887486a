"""The hub as the service knows it: who a token belongs to, which groups a user is in, which servers run."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import httpx
from notebench.contract.errors import TooOften, Unavailable

from notebench_hub.buckets import Buckets
from notebench_hub.scopes import ACCESS

FRESH_SECONDS = 10.0
"""How long an answer of the hub is believed: a revocation is effective everywhere within this time."""

STALE_SECONDS = 60.0
"""How long it is believed while the hub does not answer: who was in stays in, nobody new comes in."""

_REMEMBERED = 10_000

UNKNOWN, UNKNOWN_SECONDS = 30, 2.0
"""Tokens that the hub does not know, from one place: at once, then one per so many seconds."""

_OPEN = frozenset({ACCESS, "access:services"})


@dataclass(frozen=True)
class HubUser:
    """A hub user at the moment of asking."""

    name: str
    admin: bool = False
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True)
class HubServer:
    """A server that the hub knows of."""

    user: str
    name: str
    ready: bool
    pending: str
    url: str


@dataclass
class _Remembered:
    user: HubUser | None
    asked: float


class HubClient:
    """Asks the hub's REST API with the service's own token, or with the token that is to be checked."""

    def __init__(
        self, api_url: str, token: str, *, clock: Callable[[], float] = time.monotonic, timeout: float = 5.0
    ) -> None:
        self._http = httpx.AsyncClient(base_url=api_url.rstrip("/") + "/", timeout=timeout, trust_env=False)
        self._token = token
        self._clock = clock
        self._known: OrderedDict[str, _Remembered] = OrderedDict()
        self._asking: dict[str, asyncio.Task[HubUser | None]] = {}
        self._unknown: OrderedDict[str, float] = OrderedDict()
        self._strangers = Buckets(UNKNOWN, UNKNOWN_SECONDS, clock=clock)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def holder(self, token: str, session: str = "", whence: Callable[[], str] = str) -> HubUser | None:
        """Whose hub token it is, if the token opens Notebench; `session` is the hub's browser session.

        Raises Unavailable when the hub is away and was not asked about this token within the last minute,
        and TooOften when more unknown tokens came from there than anybody mistypes: a flood of them is
        answered here and does not reach the hub.
        """
        key = "token:" + sha256(f"{session}\0{token}".encode()).hexdigest()
        if self._clock() - self._unknown.get(key, -FRESH_SECONDS) < FRESH_SECONDS:
            return None
        origin = "" if key in self._known else whence()  # it costs a look at the kernel's tables
        if origin and (wait := self._strangers.wait(origin)):
            raise _too_often(wait)
        user = await self._remembered(key, lambda: self._ask_holder(token, session))
        if user is None:
            if origin:
                self._strangers.take(origin)
            self._unknown[key] = self._clock()
            self._unknown.move_to_end(key)
            while len(self._unknown) > _REMEMBERED:
                self._unknown.popitem(last=False)
        return user

    async def user(self, name: str) -> HubUser | None:
        """The user of that name, or None. Raises Unavailable like `holder`."""
        return await self._remembered("user:" + name, lambda: self._ask_user(name))

    def forget(self, name: str) -> None:
        """Ask anew about this user, and about all tokens, at the next request."""
        for key, one in list(self._known.items()):
            if key == "user:" + name or (one.user and one.user.name == name):
                del self._known[key]
        self._unknown.clear()

    async def group(self, name: str) -> frozenset[str] | None:
        """Names of the group's users, or None where there is no such group."""
        answer = await self._get(f"groups/{_quoted(name)}")
        return None if answer is None else frozenset(answer["users"])

    async def servers(self) -> list[HubServer]:
        """All servers that run, start or stop now."""
        found: list[HubServer] = []
        offset, page = 0, 200
        while True:
            users = await self._get("users", params={"state": "active", "offset": offset, "limit": page})
            for user in users or []:
                for server in (user.get("servers") or {}).values():
                    found.append(_server(user["name"], server))
            if not users or len(users) < page:
                return found
            offset += page

    async def code_to_token(self, fields: dict[str, str]) -> str:
        """Trade the code of an OAuth login for the person's token; empty if the hub refuses the code."""
        try:
            answer = await self._http.post("oauth2/token", data=fields)
        except httpx.HTTPError as error:
            raise _away() from error
        if answer.status_code >= 500:
            raise _away()
        return str(answer.json().get("access_token", "")) if answer.is_success else ""

    async def answers(self) -> bool:
        """Whether the hub answers at all."""
        try:
            return (await self._http.get("", timeout=2.0)).is_success
        except httpx.HTTPError:
            return False

    async def _remembered(self, key: str, ask: Callable[[], Awaitable[HubUser | None]]) -> HubUser | None:
        known = self._known.get(key)
        now = self._clock()
        if known and now - known.asked < FRESH_SECONDS:
            return known.user
        try:
            user = await self._once(key, ask)
        except Unavailable:
            if known and known.user and now - known.asked < STALE_SECONDS:
                return known.user
            raise
        self._known.pop(key, None)
        if user:
            # The time before the question counts, so that a slow answer is not believed for longer.
            self._known[key] = _Remembered(user, now)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return user

    async def _once(self, key: str, ask: Callable[[], Awaitable[HubUser | None]]) -> HubUser | None:
        """Many requests at once ask the hub one question."""
        task = self._asking.get(key)
        if task is None:
            task = asyncio.ensure_future(ask())
            self._asking[key] = task
            task.add_done_callback(lambda _: self._asking.pop(key, None))
        return await asyncio.shield(task)

    async def _ask_holder(self, token: str, session: str) -> HubUser | None:
        if not (token.isascii() and token.isprintable()):  # no token is like that, and no header can carry it
            return None
        headers = {"Authorization": f"token {token}"}
        params = {"session_id": session} if session else {}
        answer = await self._get("user", headers=headers, params=params, absent=(401, 403, 404))
        if not answer or answer.get("kind", "user") != "user" or not _OPEN & set(answer.get("scopes", ())):
            return None
        return _user(answer)

    async def _ask_user(self, name: str) -> HubUser | None:
        answer = await self._get(f"users/{_quoted(name)}")
        return _user(answer) if answer else None

    async def _get(
        self,
        path: str,
        *,
        headers: dict[str, str] | None = None,
        params: dict[str, Any] | None = None,
        absent: tuple[int, ...] = (404,),
    ) -> Any:
        own = {"Authorization": f"token {self._token}"}
        try:
            answer = await self._http.get(path, headers=headers or own, params=params)
        except httpx.HTTPError as error:
            raise _away() from error
        if answer.status_code in absent:
            return None
        if not answer.is_success:
            raise _away()
        return answer.json()


def _quoted(name: str) -> str:
    return quote(name, safe="")


def _away() -> Unavailable:
    return Unavailable(
        "The hub does not answer, so it is not known who is asking.",
        "Try again in a minute; if it stays, tell an admin.",
        code="hub-away",
    )


def _too_often(seconds: int) -> TooOften:
    return TooOften(
        "Too many unknown tokens came from there.",
        "Wait {seconds} seconds, then try again with a token that is still valid.",
        code="unknown-tokens",
        seconds=seconds,
    )


def _user(answer: dict[str, Any]) -> HubUser:
    return HubUser(str(answer["name"]), bool(answer.get("admin")), frozenset(answer.get("groups") or ()))


def _server(user: str, server: dict[str, Any]) -> HubServer:
    return HubServer(
        user=user,
        name=str(server.get("name") or ""),
        ready=bool(server.get("ready")),
        pending=str(server.get("pending") or ""),
        url=str(server.get("url") or ""),
    )
