"""Notes what happens at the hub: sign-ins, refusals, servers started and stopped, changes of its data."""

import asyncio
import logging
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from jupyterhub import orm
from jupyterhub.log import log_request
from sqlalchemy.orm import Session

from notebench_hub.events import Event
from notebench_hub.folding import Folding
from notebench_hub.hub.audit import changes, outbox
from notebench_hub.hub.audit.asking import NOBODY, Asking, asking, of_handler, watch_requests
from notebench_hub.hub.sign_in.names import normal_name

log = logging.getLogger("notebench.audit")

_REFUSED = frozenset({401, 403, 429})


class Recorder:
    """What JupyterHub's hooks call. One per hub process."""

    def __init__(self, service_url: str, key: str, trusted: Collection[str]) -> None:
        self._service_url = service_url
        self._key = key
        self._trusted = trusted
        self._folding = Folding()
        self._sending: asyncio.Task[None] | None = None

    def configure(self, c: Any) -> None:
        """Plug into the hub."""
        watch_requests(self._trusted)
        changes.watch(Session)
        c.JupyterHub.tornado_settings = {**c.JupyterHub.tornado_settings, "log_function": self.answered}
        c.Authenticator.post_auth_hook = self.signed_in
        c.Spawner.pre_spawn_hook = self.started
        c.Spawner.post_stop_hook = self.stopped

    def signed_in(self, _authenticator: Any, handler: Any, authentication: dict[str, Any]) -> dict[str, Any]:
        """Somebody has proven who they are."""
        name = str(authentication["name"])
        who = replace(of_handler(handler, self._trusted), user=name, kind="browser")
        self._note(handler.db, who, action="login", thing=name, concerns=name)
        return authentication

    def started(self, spawner: Any) -> None:
        """A server is being started by whoever asks now."""
        self._server("server-start", spawner)

    def stopped(self, spawner: Any) -> None:
        """A server has ended: somebody asked for it, or it did so by itself."""
        self._server("server-stop", spawner)

    def answered(self, handler: Any) -> None:
        """Every answer of the hub passes here; refusals and sign-outs are noted."""
        log_request(handler)
        self._begin_sending(handler)
        try:
            self._look(handler)
        except Exception:  # an answer that is given already does not fail for its note
            log.exception("a refusal could not be noted")

    def _look(self, handler: Any) -> None:
        status, path = handler.get_status(), handler.request.path
        who = of_handler(handler, self._trusted)
        if path.endswith("/hub/login") and handler.request.method == "POST" and status in _REFUSED:
            name = _known(handler)
            self._folded(handler, who, action="login-refused", thing=name, concerns=name)
        elif path.endswith("/hub/logout") and asking.get().user:
            self._note(handler.db, asking.get(), action="logout", thing=asking.get().user)
        elif status in _REFUSED:
            self._folded(handler, who, action="refusal", thing=type(handler).__name__)

    def _folded(self, handler: Any, who: Asking, *, action: str, thing: str, concerns: str = "") -> None:
        """Noted the first time, then counted: a flood of refusals does not fill the audit."""
        status = handler.get_status()
        unsaid = self._folding.tell(f"{action} {who.user} {who.origin} {thing} {status}")
        if unsaid is None:
            return
        detail: dict[str, Any] = {"method": handler.request.method, "status": status}
        if unsaid:
            detail["unsaid"] = unsaid
        self._note(handler.db, who, action=action, thing=thing, concerns=concerns, detail=detail)

    def _server(self, action: str, spawner: Any) -> None:
        owner = spawner.user.name
        thing = f"{owner}/{spawner.name}" if spawner.name else owner
        options = {str(name): str(value)[:200] for name, value in (spawner.user_options or {}).items()}
        detail = {"chosen": options} if action == "server-start" else {}
        who = asking.get()
        self._note(spawner.user.db, who, action=action, thing=thing, concerns=owner, detail=detail)

    def _note(self, db: Session, who: Asking, **facts: Any) -> None:
        facts["concerns"] = facts.get("concerns") or who.user
        kind = "hub" if who is NOBODY else who.kind
        said = Event(user=who.user, kind=kind, origin=who.origin, request=who.request, **facts)
        outbox.add(db.connection(), said)
        db.commit()

    def _begin_sending(self, handler: Any) -> None:
        # The supervisor asks the hub every few seconds whether it is well: that is soon enough to begin.
        if self._sending is None or self._sending.done():
            sender = outbox.Sender(handler.db.get_bind(), self._service_url, self._key)
            self._sending = asyncio.get_running_loop().create_task(sender.run())


def _known(handler: Any) -> str:
    """The name that was tried, if somebody has it: people type passwords into the wrong field."""
    name = normal_name(str(handler.get_body_argument("username", ""))[:200])
    return name if name and orm.User.find(handler.db, name) is not None else ""
