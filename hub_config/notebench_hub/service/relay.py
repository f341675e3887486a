"""Passes one request on and its answer back: streamed, limited in size and time, no cookies, sandboxed."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

import httpx
from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from notebench.contract.errors import Refused, TooLarge

PASSED_ON = ("accept", "accept-encoding", "content-type", "range")
"""The only headers of a request that reach the other side: no cookie, no token, no forwarding header."""

PASSED_BACK = (
    "content-length",
    "content-encoding",
    "content-range",
    "accept-ranges",
    "content-disposition",
    "last-modified",
)
"""The only headers of an answer that come back, beside its checked type."""

SANDBOX: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""What every answer carries: whatever it contains, a browser runs nothing of it."""

SMALL = 65_536
"""Bytes up to which an answer is passed back in one piece, where it may be."""

_TYPE = re.compile(r"([a-z0-9.+-]+/[a-z0-9.+-]+)(?:; ?[a-z]+=[A-Za-z0-9._-]+){0,3}")
_MEBIBYTE = 2**20


@dataclass(frozen=True)
class Rules:
    """What one request may be, and which types its answer may have."""

    body_bytes: int
    seconds: float
    """From the first byte of the request to the last of the answer."""
    types: frozenset[str]


async def body(request: Request, limit: int) -> AsyncIterator[bytes]:
    """The request's body, piece by piece. Raises TooLarge beyond `limit` bytes."""
    seen = 0
    async for piece in request.stream():
        seen += len(piece)
        if seen > limit:
            raise _too_large(limit)
        if piece:
            yield piece


async def whole(request: Request, limit: int) -> bytes:
    """The request's body in one piece. Raises TooLarge beyond `limit` bytes."""
    refuse_announced(request, limit)
    return b"".join([piece async for piece in body(request, limit)])


def refuse_announced(request: Request, limit: int) -> None:
    """Refuse a body whose announced length is too large, or in doubt, before a byte of it is read."""
    if "transfer-encoding" in request.headers and "content-length" in request.headers:
        raise Refused(
            "The length of the request's body is announced and left open at once.",
            "Send one of the headers Content-Length and Transfer-Encoding.",
            code="body-length",
        )
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > limit:
        raise _too_large(limit)


def passed_on(request: Request) -> dict[str, str]:
    """The headers that go on, with the length where the body has one."""
    said = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
    headers = {name: value for name, value in said.items() if value.isascii()}
    # Without it httpx would ask for what it can decode, and the caller would get what it cannot.
    headers.setdefault("accept-encoding", "identity")
    return headers


def answer(
    upstream: httpx.Response, types: frozenset[str], deadline: float, sandbox: Mapping[str, str] = SANDBOX
) -> StreamingResponse:
    """The other side's answer, streamed until `deadline` in the event loop's time; closes it at the end.

    What has none of the given types becomes bytes to save.
    """
    return StreamingResponse(
        _pieces(upstream, deadline), upstream.status_code, _headers(upstream, types, sandbox)
    )


def _headers(upstream: httpx.Response, types: frozenset[str], sandbox: Mapping[str, str]) -> dict[str, str]:
    headers = {name: upstream.headers[name] for name in PASSED_BACK if name in upstream.headers}
    said = upstream.headers.get("content-type", "").lower()
    match = _TYPE.fullmatch(said)
    if match and match.group(1) in types:
        headers["content-type"] = said
    else:
        headers["content-type"] = "application/octet-stream"
        headers["content-disposition"] = "attachment"
    return headers | dict(sandbox)


async def settled(
    upstream: httpx.Response, types: frozenset[str], deadline: float, sandbox: Mapping[str, str] = SANDBOX
) -> Response:
    """Like `answer`, but in one piece where the other side says that it is small. Raises httpx.HTTPError.

    A stream of one piece costs as much as some requests take altogether.
    """
    said = upstream.headers.get("content-length", "")
    if not said.isdecimal() or int(said) > SMALL or upstream.request.method == "HEAD":
        return answer(upstream, types, deadline, sandbox)
    try:
        async with asyncio.timeout_at(deadline):
            whole = b"".join([piece async for piece in upstream.aiter_raw()])
    finally:
        await upstream.aclose()
    return Response(whole, upstream.status_code, _headers(upstream, types, sandbox))


async def _pieces(upstream: httpx.Response, deadline: float) -> AsyncIterator[bytes]:
    pieces = upstream.aiter_raw()
    try:
        while True:
            # Past the deadline this raises, and the connection breaks off: half an answer is not an answer.
            async with asyncio.timeout_at(deadline):
                piece = await anext(pieces, None)
            if piece is None:
                return
            yield piece
    finally:
        await upstream.aclose()


def refuse_climbing(path: str) -> None:
    """Refuse a path that leaves its folder, however often its percent signs are encoded."""
    while (plainer := unquote(path)) != path:
        path = plainer
    if any(ord(letter) < 32 or letter == "\\" for letter in path) or {"", ".", ".."} & set(path.split("/")):
        raise Refused(
            "The path holds an empty part, a dot part, a backslash or a control character.",
            "Name the file by its plain path.",
            code="path-refused",
        )


def _too_large(limit: int) -> TooLarge:
    return TooLarge(
        "The request's body is larger than {limit} MiB.",
        "Send less at once, or ask an admin to raise limits.body_mib.",
        limit=limit // _MEBIBYTE,
    )
