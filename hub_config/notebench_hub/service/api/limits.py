"""What one API request may be: its size, its depth, and nothing in it that would break what comes after."""

import json
import re
from typing import Any

from notebench.contract.errors import NotebenchError, Refused, TooLarge
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from notebench_hub.service.api.edge import problem_response

BODY_BYTES = 2 * 1024 * 1024
"""Largest body of an API request; models and data go through the gateway, which has limits of its own."""

DEPTH = 50
"""Deepest nesting of lists and objects."""

_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


class Guard:
    """Reads and checks bodies below `guarded`, and turns what nobody foresaw into a Problem."""

    def __init__(self, app: ASGIApp, guarded: tuple[str, ...]) -> None:
        self._app = app
        self._guarded = guarded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, unless it is refused here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            if scope["path"].startswith(self._guarded):
                receive = _replay(await _read(scope, receive), receive)
            await self._app(scope, receive, watched)
        except Exception as error:
            if begun:
                raise  # the answer is under way: all that is left is to break the connection
            language = _header(scope, b"accept-language")
            where = f"{scope['method']} {scope['path']}"
            await problem_response(error, language, where)(scope, receive, send)


async def _read(scope: Scope, receive: Receive) -> bytes:
    announced = _header(scope, b"content-length") or "0"
    if announced.isdecimal() and len(announced) < 20 and int(announced) > BODY_BYTES:
        raise _too_large()
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b""
        size += len(message.get("body", b""))
        if size > BODY_BYTES:
            raise _too_large()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            break
    body = b"".join(parts)
    if body:
        check_json(body)
    return body


def check_json(body: bytes) -> None:
    """Raises Refused for what is not JSON, is too deep, or holds text that no store can keep."""
    depth = deepest = 0
    for token in _TOKENS.finditer(body):
        match token.group()[:1]:
            case b"[" | b"{":
                depth += 1
                deepest = max(depth, deepest)
            case b"]" | b"}":
                depth -= 1
    if deepest > DEPTH:
        raise Refused(
            "The body is nested {depth} levels deep; {limit} are allowed.",
            "Send a flatter one.",
            code="too-deep",
            depth=deepest,
            limit=DEPTH,
        )
    try:
        json.dumps(json.loads(body, parse_constant=_constant), ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise _not_json(error) from None


def _constant(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def _not_json(error: Exception) -> NotebenchError:
    return Refused(
        "The body is not JSON in UTF-8: {detail}.",
        "Send JSON.",
        code="not-json",
        detail=str(error)[:200],
    )


def _too_large() -> NotebenchError:
    return TooLarge(
        "The body is larger than {limit} bytes.",
        "Send less at once.",
        code="body-too-large",
        limit=BODY_BYTES,
    )


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _header(scope: Scope, name: bytes) -> str | None:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), None)
