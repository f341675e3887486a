"""What all providers have in common: who may come in, under which name, in which groups, and for how long."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from jupyterhub import orm
from tornado import web
from tornado.httpclient import HTTPClientError
from traitlets import Any as AnyTrait
from traitlets import HasTraits, List, Unicode

from notebench_hub.hub.sign_in import entry, identities, refusals
from notebench_hub.hub.sign_in.callers import address
from notebench_hub.hub.sign_in.names import acceptable, normal_name, plain
from notebench_hub.hub.sign_in.refusals import Refusal

JUST_ASKED = 5.0
"""Seconds within which one answer of the provider serves all requests: refresh tokens can be used once."""

AWAY_SECONDS = 30.0
"""How long a provider that did not answer is not asked again, so that people do not wait for it."""

STAY_SECONDS = 3600.0
"""How long who was in stays in while the provider does not answer."""

_SUBJECT_LENGTH = 255
Trouble = (HTTPClientError, OSError, ValueError, KeyError, TypeError)
"""What libraries raise for a provider that is away or answers with something else than it should."""


@dataclass(frozen=True)
class Person:
    """What the provider says about somebody."""

    subject: str
    """Stays the same for ever."""
    name: str
    """What they are called now."""
    groups: frozenset[str]


class External(HasTraits):
    """To be put before an authenticator whose `authenticate` and `refresh_user` ask the provider."""

    sign_in: Any = AnyTrait(help="The settings.").tag(config=True)
    provider = Unicode(help="Whose subjects they are.").tag(config=True)
    trusted_proxies = List(Unicode(), help="The installation's own proxies.").tag(config=True)
    log: Any
    admin_users: set[str]

    def __init__(self, **rest: Any) -> None:
        super().__init__(**rest)
        self._asking: dict[str, asyncio.Lock] = {}
        self._asked: dict[str, float] = {}
        self._away_since = float("-inf")

    def person(self, auth_state: dict[str, Any]) -> Person:
        """Who that is, from the provider's answer. Raises Refusal."""
        raise NotImplementedError

    async def prepare(self) -> None:
        """What must be known of the provider before it can be asked. Raises one of `Trouble`."""

    async def authenticate(self, handler: Any, data: Any = None, **rest: Any) -> dict[str, Any] | None:
        """The person as a hub user. Raises Refusal, with the reason on the page and in the log."""
        origin = address(handler, self.trusted_proxies)
        try:
            await self.prepare()
            model = await super().authenticate(handler, data, **rest)  # type: ignore[misc]
            found = self._enter(handler.db, model["auth_state"]) if model else None
        except Refusal as refusal:
            self.log.warning("Sign-in refused from %s (%s): %s", origin, self.provider, _sentence(refusal))
            raise
        except (*Trouble, web.HTTPError) as error:
            self.log.error("Sign-in from %s failed, because of the provider: %r", origin, error)
            raise self.away() from error
        if found:
            self.log.info("Sign-in of %s from %s (%s)", found["name"], origin, self.provider)
        return found

    def away(self) -> Refusal:
        """The refusal for a provider that does not answer as it should."""
        return Refusal(refusals.AWAY, 503, provider=self.sign_in.provider)

    def _enter(self, db: Any, auth_state: dict[str, Any]) -> dict[str, Any]:
        person = self.person(auth_state)
        known = identities.find(db, self.provider, person.subject)
        name = known.name if known else self._new_name(person)
        if not (known and known.by_hand) and not entry.may_enter(self.sign_in, name, person.groups):
            # Before a name is written down: who may not come in takes nobody's name.
            self.log.warning("No rule lets the subject %r in.", person.subject)
            raise Refusal(refusals.NOT_ALLOWED, provider=self.sign_in.provider, name=name)
        if known is None:
            self._check_free(db, name, person)
            known = identities.begin(db, self.provider, person.subject, name)
        return self._model(db, known, person, auth_state)

    def _new_name(self, person: Person) -> str:
        name, provider = normal_name(person.name[:1000]), self.sign_in.provider
        if not plain(name) or len(person.subject) > _SUBJECT_LENGTH:
            raise Refusal(refusals.NAME_WRONG, provider=provider, name=person.name[:100])
        return name

    def _check_free(self, db: Any, name: str, person: Person) -> None:
        if identities.taken(db, name) or name in self.admin_users:
            self.log.warning("The name of the subject %r is taken.", person.subject)
            raise Refusal(refusals.NAME_TAKEN, provider=self.sign_in.provider, name=name)

    def _model(
        self, db: Any, known: identities.Identity, person: Person, auth_state: dict[str, Any]
    ) -> dict[str, Any]:
        """What the hub writes down of them. None for `admin` leaves it as it is."""
        user = orm.User.find(db, known.name)
        now = [group.name for group in user.groups] if user else []
        groups = entry.after(self.sign_in, now, known.groups, person.groups)
        admin = entry.is_admin(self.sign_in, person.groups)
        changes = admin if admin or known.admin else None
        known.groups, known.admin = sorted(entry.given(self.sign_in, person.groups)), admin
        db.commit()
        return {"name": known.name, "admin": changes, "groups": groups, "auth_state": auth_state}

    async def refresh_user(self, user: Any, handler: Any = None, **rest: Any) -> bool | dict[str, Any]:
        """Ask the provider again: False ends the login, a model changes groups and the admin's flag."""
        lock = self._asking.setdefault(user.name, asyncio.Lock())
        async with lock:
            if time.monotonic() - self._asked.get(user.name, float("-inf")) < JUST_ASKED:
                return True
            answer = await self._ask_again(user, handler, **rest)
            if answer and time.monotonic() - self._away_since > AWAY_SECONDS:
                self._asked[user.name] = time.monotonic()
            return answer

    async def _ask_again(self, user: Any, handler: Any, **rest: Any) -> bool | dict[str, Any]:
        known = identities.owner(handler.db, user.name)
        if known is None or known.provider != self.provider:
            # The first admin's tokens serve the command line; nobody else is here without the provider.
            return user.name in self.admin_users
        if time.monotonic() - self._away_since < AWAY_SECONDS:
            return self._stays(user.name)
        try:
            await self.prepare()
            answer = await super().refresh_user(user, handler, **rest)  # type: ignore[misc]
            if not isinstance(answer, dict):
                return bool(answer)
            return self._still(handler.db, known, answer["auth_state"])
        except web.HTTPError as refusal:
            self.log.warning("The login of %s ends: %s", user.name, _sentence(refusal))
            return False
        except Trouble as error:
            self.log.warning("The provider cannot be asked about %s: %r", user.name, error)
            self._away_since = time.monotonic()
            return self._stays(user.name)

    def _still(
        self, db: Any, known: identities.Identity, auth_state: dict[str, Any]
    ) -> bool | dict[str, Any]:
        person = self.person(auth_state)
        if person.subject != known.subject:
            return False
        if not known.by_hand and not entry.may_enter(self.sign_in, known.name, person.groups):
            raise Refusal(refusals.NOT_ALLOWED, provider=self.sign_in.provider, name=known.name)
        return self._model(db, known, person, auth_state)

    def _stays(self, name: str) -> bool:
        return time.monotonic() - self._asked.setdefault(name, time.monotonic()) < STAY_SECONDS

    def normalize_username(self, username: str) -> str:
        """Names are decided in `authenticate`; the hub asks again."""
        return normal_name(username)

    def validate_username(self, username: str) -> bool:
        """Also of accounts that were made here before."""
        return acceptable(username)

    async def check_allowed(self, username: str, auth_model: Any = None) -> bool:
        """`authenticate` has decided."""
        return True


def _sentence(error: web.HTTPError) -> str:
    if isinstance(error, Refusal):
        return error.words[0].format_map({name: str(value) for name, value in error.values.items()})
    return str(error)
