"""Sign-in with a directory's names and passwords. Its groups are distinguished names."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from jupyterhub.handlers.login import LoginHandler
from ldap3 import BASE
from ldap3.core.exceptions import LDAPException
from ldap3.utils.conv import escape_filter_chars
from ldapauthenticator import LDAPAuthenticator
from traitlets import List, Unicode

from notebench_hub.hub.sign_in.attempts import Attempts
from notebench_hub.hub.sign_in.callers import address
from notebench_hub.hub.sign_in.external import External, Person
from notebench_hub.hub.sign_in.names import normal_name, plain
from notebench_hub.hub.sign_in.out import Out
from notebench_hub.hub.sign_in.passwords import too_often
from notebench_hub.hub.sign_in.refusals import Refusing

_T = TypeVar("_T")
_THREADS = 8
_SECONDS = 15.0
"""How long the directory may take."""


class Form(Refusing, LoginHandler):  # type: ignore[misc]  # JupyterHub has no types
    """The hub's login page, with our page for refusals."""


class _Directory(LDAPAuthenticator):  # type: ignore[misc]  # ldapauthenticator has no types
    """What is asked of the directory. The library waits for answers, so it does so in threads."""

    asked_groups = List(Unicode(), help="Groups whose members matter.").tag(config=True)
    member_attribute = Unicode(help="What lists the members of a group.").tag(config=True)
    subject_attribute = Unicode(help="What stays the same for one person for ever.").tag(config=True)

    def __init__(self, **rest: Any) -> None:
        super().__init__(**rest)
        self._threads = ThreadPoolExecutor(_THREADS, "ldap")

    async def authenticate(self, handler: Any, data: dict[str, str]) -> dict[str, Any] | None:
        check = super().authenticate

        def ask() -> dict[str, Any] | None:
            found = asyncio.run(check(None, data))
            # Not with the person's own rights: few directories let people read groups.
            return self._look_up(found["name"]) if found else None

        return await self._in_a_thread(ask)

    async def refresh_user(self, user: Any, handler: Any = None) -> bool | dict[str, Any]:
        """Look the person up again, with the account that looks people up."""
        state = await user.get_auth_state()
        names = ((state or {}).get("user_attributes") or {}).get(self.lookup_dn_user_dn_attribute)
        found = await self._in_a_thread(lambda: self._look_up(str(names[0]))) if names else None
        return found or False

    def _look_up(self, name: str) -> dict[str, Any] | None:
        """The person with their groups; None for who is not there or does not match the filter any more."""
        connection = self.get_connection(self.lookup_dn_search_user, self.lookup_dn_search_password)
        if connection is None:
            raise OSError("the account that looks people up may not sign in")
        with connection:
            found, dn = self.resolve_username(name)
            if not dn:
                return None
            member = f"({self.member_attribute}={escape_filter_chars(dn)})"
            groups = [one for one in self.asked_groups if connection.search(one, member, search_scope=BASE)]
            wanted = [self.subject_attribute, self.lookup_dn_user_dn_attribute]
            connection.search(dn, "(objectClass=*)", search_scope=BASE, attributes=wanted)
            attributes = connection.entries[0].entry_attributes_as_dict
        return {"name": found, "auth_state": {"ldap_groups": groups, "user_attributes": attributes}}

    async def _in_a_thread(self, ask: Callable[[], _T]) -> _T:
        """Raises OSError for a directory that does not answer."""
        task = asyncio.get_running_loop().run_in_executor(self._threads, ask)
        try:
            return await asyncio.wait_for(task, _SECONDS)
        except (LDAPException, TimeoutError) as error:
            raise OSError(f"the directory does not answer as it should: {error!r}") from error


class Ldap(External, _Directory):
    """A directory's people, with failed attempts counted as for accounts that were made here."""

    def __init__(self, **rest: Any) -> None:
        super().__init__(**rest)
        self._attempts = Attempts()

    def get_handlers(self, app: Any) -> list[tuple[str, type]]:
        return [(r"/login", Form), (r"/logout", Out)]

    async def authenticate(self, handler: Any, data: Any = None, **rest: Any) -> dict[str, Any] | None:
        """The person. Raises HTTPError 429 for who failed too often, Refusal."""
        name = normal_name(str(data.get("username", ""))[:1000])
        name, origin = name if plain(name) else "", address(handler, self.trusted_proxies)
        if wait := self._attempts.wait(name, origin):
            raise too_often(wait)
        word = {"username": name, "password": str(data.get("password", ""))}
        if not name or "\0" in word["password"]:
            self._attempts.failed(name, origin)
            return None
        found = await super().authenticate(handler, word, **rest)
        if found is None:
            self._attempts.failed(name, origin)
        else:
            self._attempts.succeeded(name, origin)
        return found

    def person(self, auth_state: dict[str, Any]) -> Person:
        attributes = auth_state["user_attributes"]
        subjects = attributes[self.sign_in.ldap.subject_attribute]
        names = attributes[self.sign_in.ldap.user_attribute]
        if len(subjects) != 1 or not names:
            raise ValueError(f"one {self.sign_in.ldap.subject_attribute} is needed, {len(subjects)} came")
        return Person(str(subjects[0]), str(names[0]), frozenset(auth_state["ldap_groups"]))
