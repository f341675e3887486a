"""Passes requests on to the service with the session's token, piece by piece, and the answers back."""

from functools import cache
from typing import TYPE_CHECKING, ClassVar

from jupyter_server.utils import url_path_join
from tornado import web
from tornado.iostream import StreamClosedError

from notebench.contract import CONTRACT_VERSION, VERSION_HEADER
from notebench.contract.errors import TooLarge, Unavailable
from notebench.lab.answers import Handler
from notebench.lab.surroundings import Surroundings, surroundings
from notebench.lab.target import target

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 3.0
SILENCE_SECONDS = 60.0
"""Longest time without a byte from the service."""

_UP = ("Accept", "Accept-Language", "Content-Type", "If-None-Match", "Range")
_DOWN = (
    "Content-Type",
    "Content-Length",
    "Content-Disposition",
    "Content-Range",
    "Cache-Control",
    "ETag",
    "Retry-After",
)
_SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"


@cache
def _client() -> "httpx.AsyncClient":
    """One for all requests; imported late, because a Jupyter server starts more often than it relays."""
    import httpx

    return httpx.AsyncClient(
        timeout=httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS),
        follow_redirects=False,
        trust_env=False,
        limits=httpx.Limits(max_connections=50, max_keepalive_connections=10),
    )


class RelayHandler(Handler):
    """Any request below one prefix. Nothing of the browser's goes along but what `_UP` names."""

    prefix: ClassVar[str] = "notebench/api/"
    limit: ClassVar[int] = 4_000_000
    """Most bytes of a body."""

    @property
    def content_security_policy(self) -> str:
        """What comes from artifacts and models is never more than a picture of itself."""
        return _SANDBOX

    def root(self, where: Surroundings) -> str:
        """The service's prefix that this handler relays to."""
        return where.api

    @web.authenticated
    async def get(self, _rest: str) -> None:
        await self.guarded(self._relay())

    @web.authenticated
    async def post(self, _rest: str) -> None:
        await self.guarded(self._relay())

    @web.authenticated
    async def put(self, _rest: str) -> None:
        await self.guarded(self._relay())

    @web.authenticated
    async def delete(self, _rest: str) -> None:
        await self.guarded(self._relay())

    async def _relay(self) -> None:
        where = surroundings()
        if len(self.request.body) > self.limit:
            raise TooLarge(
                "The request is larger than {limit} bytes.", "Send less at once.", limit=self.limit
            )
        rest = self.request.path[len(url_path_join(self.base_url, self.prefix)) :]
        await self._pass(target(self.root(where), rest, _own_query(self.request.query)), where.token)

    async def _pass(self, address: str, token: str) -> None:
        import httpx

        method = self.request.method or "GET"
        body = self.request.body or None
        request = _client().build_request(method, address, headers=self._headers_up(token), content=body)
        try:
            answer = await _client().send(request, stream=True)
        except httpx.HTTPError as error:
            self.log.warning("The Notebench service does not answer: %s", type(error).__name__)
            raise _away() from error
        try:
            await self._answer(answer)
        except httpx.HTTPError as error:
            self.log.warning("The Notebench service broke off its answer: %s", type(error).__name__)
            self._break_off(_away())
        finally:
            await answer.aclose()

    def _headers_up(self, token: str) -> dict[str, str]:
        headers = {name: self.request.headers[name] for name in _UP if name in self.request.headers}
        headers["Authorization"] = f"Bearer {token}"
        headers["Accept-Encoding"] = "identity"
        headers[VERSION_HEADER] = str(CONTRACT_VERSION)
        return headers

    async def _answer(self, answer: "httpx.Response") -> None:
        if answer.is_redirect:
            raise _away()
        self.set_status(answer.status_code)
        for name in _DOWN:
            if name in answer.headers:
                self.set_header(name, answer.headers[name])
        kind = answer.headers.get("Content-Type", "text/plain")
        self.set_header("Content-Type", kind)
        self.set_header("X-Content-Type-Options", "nosniff")
        try:
            async for piece in answer.aiter_raw():
                self.write(piece)
                await self.flush()
        except StreamClosedError:
            return  # the browser went away
        self.end(kind)

    def _break_off(self, error: Unavailable) -> None:
        """After the first byte a closed connection is the only way to say that something is missing."""
        if not self._headers_written:
            raise error
        if self.request.connection is not None:
            self.request.connection.close()


class EndpointHandler(RelayHandler):
    """Calls of model servers: only what the form "Try it" needs."""

    SUPPORTED_METHODS = ("POST", "OPTIONS")
    prefix = "notebench/endpoints/"
    limit = 16_000_000

    def root(self, where: Surroundings) -> str:
        """Where the endpoints begin."""
        return where.endpoints


def _own_query(query: str) -> str:
    """Without the Jupyter server's token and XSRF word, and the bare numbers that defeat caches."""
    pairs = [pair for pair in query.split("&") if "=" in pair]
    return "&".join(pair for pair in pairs if pair.split("=")[0] not in {"token", "_xsrf"})


def _away() -> Unavailable:
    return Unavailable(
        "The Notebench service does not answer.",
        "Your session goes on. Try again in a moment; if it stays away, tell an administrator.",
        code="service-away",
    )
