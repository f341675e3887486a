"""Accounts of people: JupyterHub's users with NativeAuthenticator's passwords, made by admins only.

`Accounts` runs in the hub. The functions below it write the hub's database from another process (the
command line), whether or not the hub runs: they only add rows that the hub looks up when it needs them.
What changes rows that the hub may hold in memory (an admin flag, members of a group) goes through the
hub's REST API instead, with `new_token`.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from jupyterhub import orm
from jupyterhub.roles import assign_default_roles
from nativeauthenticator import NativeAuthenticator
from nativeauthenticator.orm import UserInfo
from notebench.contract.errors import NotFound, Refused
from notebench_spawner.marks import N_
from tornado import web
from traitlets import List, Unicode

from notebench_hub.hub.audit import changes
from notebench_hub.hub.audit.asking import Asking
from notebench_hub.hub.database import patient
from notebench_hub.hub.sign_in import rules
from notebench_hub.hub.sign_in.callers import address
from notebench_hub.hub.sign_in.names import acceptable, mixed, normal_name
from notebench_hub.hub.sign_in.out import Out
from notebench_hub.hub.sign_in.passwords import Passwords, account, end_logins, hashed, renew
from notebench_hub.place import Place
from notebench_hub.settings import load

N_("Invalid username or password")  # said by the hub's login page
N_("Login form invalid or expired. Try again.")


class Accounts(NativeAuthenticator):  # type: ignore[misc]  # NativeAuthenticator has no types
    """NativeAuthenticator that makes the first admin's account and refuses what would end in a traceback."""

    first_password = Unicode(help="The first admin's password until they change it.").tag(config=True)
    trusted_proxies = List(Unicode(), help="Addresses of the installation's own proxies.").tag(config=True)

    def setup_self_approval(self) -> None:
        """Called at the end of NativeAuthenticator's start, when the database is there."""
        super().setup_self_approval()
        self.passwords = Passwords(self.db)
        for name in self.admin_users:
            self.passwords.begin(name, self.first_password)

    def get_handlers(self, app: Any) -> list[tuple[str, type]]:
        """The hub's own login page and our pages for passwords and for signing out; no sign-up."""
        from notebench_hub.hub.password import PasswordHandler  # needs this module

        return [(r"/password", PasswordHandler), (r"/logout", Out)]

    def normalize_username(self, username: str) -> str:
        return str(self.username_map.get(normal_name(username), normal_name(username)))

    def validate_username(self, username: str) -> bool:
        return bool(super().validate_username(username)) and acceptable(username)

    async def authenticate(self, handler: web.RequestHandler, data: dict[str, str]) -> str | None:
        """The name of who gave the right password. Raises HTTPError 429 for who failed too often."""
        name, password = data.get("username", ""), data.get("password", "")
        if not await self.passwords.right(name, password, address(handler, self.trusted_proxies)):
            return None
        renew(self.db, self.normalize_username(name))
        return name


def put_account(place: Place, name: str, *, password: str = "", admin: bool = False) -> str:
    """Make an account, or give an existing one a new password, which ends its logins; answers the password.

    An empty `password` makes a random one for a new account and leaves an existing one as it is (then the
    answer is empty). `admin` counts for new accounts. Raises Refused.
    """
    name = normal_name(name)
    _check_name(name)
    if password:
        rules.check(password, name)
    with database(place) as db:
        known = UserInfo.find(db, name)
        if known and not password:
            return ""
        password = password or secrets.token_urlsafe(12)
        user = orm.User.find(db, name)
        if known:
            known.password = hashed(password)
        else:
            db.add(account(name, password))
        if user is None:
            user = orm.User(name=name, admin=admin)
            db.add(user)
            if orm.Role.find(db, "user"):  # else the hub gives roles at its first start
                assign_default_roles(db, entity=user)
            db.commit()
        end_logins(db, user)
    return password


def _check_name(name: str) -> None:
    if not acceptable(name):
        raise Refused(
            "{name!r} cannot be a user's name.",
            "Use up to 128 visible characters without spaces, slashes, commas, quotes and angle brackets.",
            code="user-name",
            name=name,
        )
    if mixed(name):
        raise Refused(
            "{name!r} mixes letters of several scripts that look alike.",
            "Use letters of one script.",
            code="user-name-mixed",
            name=name,
        )


def new_token(
    place: Place,
    name: str,
    *,
    note: str,
    expires_in: int | None = None,
    scopes: Sequence[str] = ("inherit",),
) -> str:
    """A hub token of a user, by default with all they may do; `expires_in` is in seconds. Raises NotFound."""
    with database(place) as db:
        user = orm.User.find(db, normal_name(name))
        if user is None or orm.Role.find(db, "token") is None:
            raise NotFound(
                "There is no user {name!r}.",
                "Make one with `notebench user add {name}`, then start the hub once.",
                code="user-unknown",
                name=name,
            )
        token: str = user.new_api_token(note=note, expires_in=expires_in, scopes=list(scopes))
        return token


@contextmanager
def database(place: Place) -> Iterator[Any]:
    """A session of the hub's database, which is made where there is none."""
    place.create()
    url, how = patient(place, load(place))
    session = orm.new_session_factory(url, **how)()
    changes.watch(session, Asking(kind="command-line"))
    try:
        yield session
    finally:
        session.close()
        session.get_bind().dispose()
