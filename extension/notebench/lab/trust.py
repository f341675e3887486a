"""Ends open websockets of who may not be here any more.

Jupyter checks a websocket when it opens; a kernel's channels or a terminal then stay open for days. Here the
hub is asked again for every token that an open one came with. Whoever is still allowed notices nothing.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from jupyter_core.utils import ensure_async
from tornado.web import HTTPError
from tornado.websocket import WebSocketHandler

from notebench.lab.hub_away import Lately

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

log = logging.getLogger(__name__)

SECONDS = 5.0
"""Between two questions: with the time that an answer and a farewell take, who is out is out in 10 s."""

ANSWER_SECONDS = 4.0
FAREWELL_SECONDS = 1.0
"""How long a page has to close its end; one that does not want to is cut off."""

STAY_SECONDS = 60.0
"""How long who was in stays in while the hub does not answer."""

VIOLATION = 1008
"""The websocket's code for `policy violation`; JupyterLab connects again by itself where it may."""

REASON = "You are signed out here, or may not use this server any more."


def end_websockets_in_time(server: "ServerApp") -> None:
    """From now on, websockets of this server last as long as the right to open them."""
    provider: Any = server.identity_provider
    if not hasattr(provider, "hub_auth"):
        return  # not below a hub: there is nobody to ask
    lately, identify = Lately(provider.hub_auth), provider.get_user
    trust = Trust(provider.hub_auth, forget=lately.forget)

    async def get_user(handler: Any) -> Any:
        user = await ensure_async(identify(handler))
        if user is not None and isinstance(handler, WebSocketHandler):
            trust.remember(handler)
        return user

    provider.get_user = get_user


class Trust:
    """The open websockets, and when the hub last said that their tokens are good."""

    def __init__(
        self,
        auth: Any,
        seconds: float = SECONDS,
        stay: float = STAY_SECONDS,
        forget: Callable[[], None] | None = None,
    ) -> None:
        """`auth` is JupyterHub's `HubOAuth`; `forget` drops what is remembered of its answers."""
        self._auth = auth
        self._forget = forget or auth.cache.clear
        self._seconds = seconds
        self._stay = stay
        self._open: WeakKeyDictionary[WebSocketHandler, tuple[str, Any]] = WeakKeyDictionary()
        """The token and the connection of each."""
        self._good: dict[str, float] = {}
        self._asking: asyncio.Task[None] | None = None

    def remember(self, handler: WebSocketHandler) -> None:
        """A websocket is about to open for somebody who may."""
        by_header = getattr(handler, "_token_authenticated", False)
        found = self._auth.get_token(handler, in_cookie=False) if by_header else None
        token = str(found or self._auth._get_token_cookie(handler))
        # Once it is a websocket, nothing else leads to its connection.
        self._open[handler] = token, getattr(handler.request.connection, "stream", None)
        self._good[token] = time.monotonic()
        if self._asking is None or self._asking.done():
            self._asking = asyncio.get_running_loop().create_task(self._keep_asking())

    async def _keep_asking(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            tokens = self._tokens()
            if not tokens:
                return
            await asyncio.gather(*(self._ask(token) for token in tokens))

    def _tokens(self) -> set[str]:
        """Of what is open still; the rest is forgotten."""
        for handler, (_, stream) in list(self._open.items()):
            if stream is not None and stream.closed():
                del self._open[handler]
        tokens = {token for token, _ in self._open.values()}
        self._good = {token: when for token, when in self._good.items() if token in tokens}
        return tokens

    async def _ask(self, token: str) -> None:
        try:
            asked = self._auth.user_for_token(token, use_cache=False, sync=False)
            user = await asyncio.wait_for(asked, ANSWER_SECONDS)
        except (HTTPError, OSError, TimeoutError, ValueError) as error:
            log.warning("The hub did not say whether websockets may stay open: %r", error)
            allowed = time.monotonic() - self._good.get(token, 0.0) < self._stay
        else:
            allowed = bool(user and self._auth.check_scopes(self._auth.access_scopes, user))
            if allowed:
                self._good[token] = time.monotonic()
            else:
                self._forget()  # else what was remembered of the hub would let it in again
        if not allowed:
            self._end(token)

    def _end(self, token: str) -> None:
        loop = asyncio.get_running_loop()
        for handler, (its, stream) in list(self._open.items()):
            if its == token:
                del self._open[handler]
                log.info("Closing %s: its token may not use this server any more.", handler.request.path)
                handler.close(VIOLATION, REASON)
                if stream is not None:
                    loop.call_later(FAREWELL_SECONDS, stream.close)
