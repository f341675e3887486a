"""The hub's database away, locked, full or read-only: who is signed in reads on, everything else is a 503.

JupyterHub answers 500 then, and takes everybody for signed out, because it notes with every question when
its asker was there last and a note that cannot be written is to it a person that it does not know. It has
no setting for either, so two methods of its handlers are replaced here, which every handler inherits.
"""

import contextlib
import os
import sqlite3
from collections.abc import Callable
from functools import wraps
from typing import Any

from jupyterhub.handlers.base import BaseHandler
from notebench_spawner.marks import N_
from sqlalchemy.exc import SQLAlchemyError
from tornado import web

from notebench_hub.databases import server_of
from notebench_hub.hub.pages import handler_language
from notebench_hub.i18n import translator
from notebench_hub.place import Place
from notebench_hub.settings import Settings

RETRY_SECONDS = 5
_LOCKED_SECONDS = 2.0
"""The hub's event loop stands still meanwhile: whoever needs longer must wait for us, not we for them."""

AWAY = N_(
    "The hub's database does not take this now: {reason}. Try again in a minute; if it stays, tell an admin."
)


FILE = "jupyterhub.sqlite"


def prepared(place: Place, settings: Settings) -> tuple[str, dict[str, Any]]:
    """Address of the hub's database, and how the hub opens it. Raises Refused.

    Where somebody else writes to a file the hub can read on (WAL mode). JupyterHub prints its settings, and
    runs its migrations as another program: so the password of a server is in the environment alone.
    """
    server = server_of(settings, place, "hub")
    if server is not None:
        os.environ.update(server.environment())
        told = server.connecting(connect_timeout=round(_LOCKED_SECONDS))
        told.pop("password", None)
        return server.url, {"connect_args": told}
    file = place.hub / FILE
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(file)) as opened:
        opened.execute("PRAGMA journal_mode=WAL")
    return _file(place), {"connect_args": {"timeout": _LOCKED_SECONDS, "check_same_thread": False}}


def patient(place: Place, settings: Settings) -> tuple[str, dict[str, Any]]:
    """The same for a command that waits while the hub writes; nothing of it is in the environment."""
    server = server_of(settings, place, "hub")
    if server is not None:
        return server.url, {"connect_args": server.connecting()}
    return _file(place), {"connect_args": {"check_same_thread": False, "timeout": 20}}


def _file(place: Place) -> str:
    return f"sqlite:///{place.hub / FILE}"


def survive() -> None:
    """Replace them, once."""
    if not hasattr(BaseHandler.prepare, "__wrapped__"):
        BaseHandler.prepare = _reading_on(BaseHandler.prepare)
        BaseHandler.send_error = _as_unavailable(BaseHandler.send_error)


def _reading_on(prepare: Callable[..., Any]) -> Callable[..., Any]:
    """Who asks is known even where it cannot be noted that they did."""

    @wraps(prepare)
    async def first(self: Any) -> None:
        try:
            await self.get_current_user()
        except SQLAlchemyError as error:
            self.db.rollback()
            self.log.warning("The database takes nothing: %s", _reason(error))
            del self._jupyterhub_user
            self._record_activity = lambda *_arguments, **_named: False
            await self.get_current_user()  # what cannot be read either is answered 503
        except Exception:  # as the hub's own `prepare`, which does not see it any more
            self.log.exception("Failed to get current user")
        await prepare(self)

    return first


def _as_unavailable(send_error: Callable[..., None]) -> Callable[..., None]:
    """A failure of the database as 503 with a time to come back."""

    @wraps(send_error)
    def answer(self: Any, status_code: int = 500, **named: Any) -> None:
        error = (named.get("exc_info") or (None, None))[1]
        if isinstance(error, SQLAlchemyError):
            self.db.rollback()
            status_code, away = 503, Away(error, handler_language(self))
            named = {**named, "exc_info": (type(away), away, error.__traceback__), "reason": away.reason}
        send_error(self, status_code, **named)

    return answer


class Away(web.HTTPError):
    """The error as handlers answer it; they look for these two attributes."""

    def __init__(self, error: SQLAlchemyError, language: str) -> None:
        super().__init__(503, reason="Service Unavailable")
        self.headers = {"Retry-After": str(RETRY_SECONDS)}
        self.jupyterhub_message = translator(language)(AWAY).format(reason=_reason(error))


def _reason(error: SQLAlchemyError) -> str:
    return str(getattr(error, "orig", None) or type(error).__name__).partition("\n")[0]
