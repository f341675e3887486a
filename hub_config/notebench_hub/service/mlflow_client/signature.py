"""The signed word: how MLflow learns from the gateway who is asking, and for which workspace.

MLflow's process imports this module too and calls `authenticate` two to four times per request, partly on
its event loop: standard library only, no I/O after the first call, no work at import.
"""

import base64
import hashlib
import hmac
import json
import time
from functools import cache
from typing import Any, NamedTuple

SCHEME = "Notebench-Signed"
WORKSPACE_HEADER = "X-MLFLOW-WORKSPACE"
LIFETIME_SECONDS = 60
"""A word is checked when a request begins and once more when MLflow has read its body."""
_LONGEST = 4096


class Word(NamedTuple):
    """What the gateway vouches for."""

    principal: str
    """User in MLflow's own database."""
    workspace: str
    """The only workspace the request may name; empty for requests that name none."""
    expires: float
    """Seconds since the epoch."""


def sign(key: str, principal: str, workspace: str, *, now: float | None = None) -> str:
    """The value of the `Authorization` header for one request."""
    expires = int((time.time() if now is None else now) + LIFETIME_SECONDS)
    payload = _encode(json.dumps([principal, workspace, expires]).encode())
    return f"{SCHEME} {payload}.{_mac(key, payload)}"


def verify(key: str, header: str, workspace: str, *, now: float | None = None) -> Word | None:
    """The word in a header, or None where it is missing, forged, expired or for another workspace."""
    scheme, _, token = header.partition(" ")
    payload, _, mac = token.partition(".")
    if scheme != SCHEME or len(token) > _LONGEST:
        return None
    if not hmac.compare_digest(_mac(key, payload).encode(), mac.encode("utf-8", "surrogateescape")):
        return None
    word = Word(*json.loads(_decode(payload)))
    if word.expires < (time.time() if now is None else now) or word.workspace != workspace:
        return None
    return word


def authenticate() -> Any:
    """MLflow's `authorization_function`: the principal as werkzeug's `Authorization`, or a 401 answer."""
    from flask import Response, request  # MLflow's process has them loaded already
    from werkzeug.datastructures import Authorization

    word = verify(_key(), request.headers.get("Authorization", ""), request.headers.get(WORKSPACE_HEADER, ""))
    if word is None:
        # No Basic challenge: nobody but the gateway talks to this server, and no browser ever should.
        return Response("This MLflow answers the Notebench gateway only.\n", status=401)
    return Authorization("basic", {"username": word.principal, "password": ""})


@cache
def _key() -> str:
    from notebench_hub.place import Place

    return Place.from_environment().secret("mlflow-signing-key")


def _mac(key: str, payload: str) -> str:
    return _encode(
        hmac.new(key.encode(), payload.encode("utf-8", "surrogateescape"), hashlib.sha256).digest()
    )


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
