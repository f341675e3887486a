"""Whom the hub counts a sign-in for."""

from collections.abc import Collection
from typing import Any

from notebench_hub.callers import caller


def address(handler: Any, trusted: Collection[str] = ()) -> str:
    """Where the request came from. Not tornado's `remote_ip`: that one believes headers of anybody."""
    context = getattr(handler.request.connection, "context", None)
    peer = getattr(context, "address", None) or ("", 0)
    return caller((str(peer[0]), int(peer[1])), handler.request.headers.get("X-Forwarded-For", ""), trusted)
