"""Who is asking the hub, for the length of a request and of what it began."""

import secrets
from collections.abc import Collection
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from jupyterhub import orm
from jupyterhub.handlers import BaseHandler

from notebench_hub.callers import caller


@dataclass(frozen=True)
class Asking:
    """Somebody, or nobody that is known."""

    user: str = ""
    kind: str = "hub"
    peer: tuple[str, int] = ("", 0)
    forwarded: str = ""
    trusted: Collection[str] = ()
    request: str = field(default_factory=lambda: secrets.token_hex(6))

    @cached_property
    def origin(self) -> str:
        """The address that the request came from; found out when it is needed, because that takes a while."""
        return caller(self.peer, self.forwarded, self.trusted) if self.peer[0] else ""


NOBODY = Asking(request="")

asking: ContextVar[Asking] = ContextVar("asking", default=NOBODY)
"""Set for every request of the hub; what runs by itself has nobody."""


def watch_requests(trusted: Collection[str]) -> None:
    """Know who is asking in whatever a request does.

    JupyterHub has no hook that runs before every handler, and its `prepare` is the one place that all pass.
    """
    prepare = BaseHandler.prepare

    async def prepare_and_know(handler: Any) -> None:
        try:
            await prepare(handler)
        finally:
            asking.set(of_handler(handler, trusted))

    BaseHandler.prepare = prepare_and_know


def of_handler(handler: Any, trusted: Collection[str]) -> Asking:
    """Who is asking in this request."""
    context = getattr(handler.request.connection, "context", None)
    address = getattr(context, "address", None) or ("", 0)
    holder = getattr(handler, "_jupyterhub_user", None)
    name, kind = "", "anonymous"
    if isinstance(holder, orm.Service):
        kind = f"service {holder.name}"
    elif holder is not None:
        name = str(holder.name)
        kind = "hub-token" if getattr(handler, "_token_authenticated", False) else "browser"
    return Asking(
        user=name,
        kind=kind,
        peer=(str(address[0]), int(address[1])),
        forwarded=handler.request.headers.get("X-Forwarded-For", ""),
        trusted=trusted,
    )
