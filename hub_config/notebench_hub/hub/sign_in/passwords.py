"""Local passwords, in the table that NativeAuthenticator keeps in the hub's database."""

import asyncio
import secrets
from typing import Any

import bcrypt
from jupyterhub import orm
from nativeauthenticator.orm import UserInfo
from notebench_spawner.marks import N_
from tornado import web

from notebench_hub.hub.sign_in.attempts import Attempts
from notebench_hub.hub.sign_in.names import acceptable, normal_name
from notebench_hub.hub.sign_in.rules import PASSWORD_BYTES, normal

TOO_OFTEN = N_("Too many failed attempts. Wait a minute, then try again.")


class Passwords:
    """Checks and changes the passwords of accounts that were made here."""

    def __init__(self, db: Any) -> None:
        self._db = db
        self._attempts = Attempts()
        self._nobody = b""

    def make_table(self) -> None:
        """The table, where there is none yet."""
        UserInfo.__table__.create(self._db.bind, checkfirst=True)

    def begin(self, name: str, password: str) -> None:
        """Make the account `name` with this password, unless there is one."""
        if password and not UserInfo.find(self._db, name):
            self._db.add(account(name, password))
            self._db.commit()

    def has(self, name: str) -> bool:
        """Whether there is an account of that name."""
        return UserInfo.find(self._db, normal_name(name)) is not None

    async def right(self, name: str, password: str, address: str) -> bool:
        """Whether that is the password of `name`; counts the attempt.

        Spends the same time on unknown names as on known ones. Raises HTTPError 429, with the
        seconds to wait, for a name or an address that failed too often.
        """
        name = normal_name(name) if acceptable(name) else ""
        if wait := self._attempts.wait(name, address):
            raise too_often(wait)
        if await self._matches(name, normal(password)):
            self._attempts.succeeded(name, address)
            return True
        self._attempts.failed(name, address)
        return False

    def change(self, name: str, password: str) -> None:
        """Give an account another password, which `rules.check` has passed."""
        UserInfo.find(self._db, name).password = hashed(password)
        self._db.commit()

    async def _matches(self, name: str, password: str) -> bool:
        if len(password.encode()) > PASSWORD_BYTES or "\0" in password:
            return False
        found = UserInfo.find(self._db, name) if name else None
        if found is None:
            self._nobody = self._nobody or hashed(secrets.token_hex(16))
        known = found.password if found else self._nobody
        # Hashing takes long on purpose; meanwhile the hub answers others.
        return await asyncio.to_thread(bcrypt.checkpw, password.encode(), known) and found is not None


def too_often(seconds: int) -> web.HTTPError:
    """The answer to who failed too often, with the seconds to wait."""
    error = web.HTTPError(429, TOO_OFTEN)
    error.headers = {"Retry-After": str(seconds)}  # type: ignore[attr-defined]  # the hub sends them along
    return error


def account(name: str, password: str) -> UserInfo:
    """The row of a new account."""
    return UserInfo(username=name, password=hashed(password), is_authorized=True)


def hashed(password: str) -> bytes:
    """How a password is kept."""
    return bcrypt.hashpw(normal(password).encode(), bcrypt.gensalt())


def end_logins(db: Any, user: orm.User, keep: str = "") -> None:
    """End every browser's login of a user, at the hub and at what trusts it, but the session `keep`.

    Tokens that the user made for programs stay: they are listed on a page of their own.
    """
    user.cookie_id = orm.new_token()
    for token in db.query(orm.APIToken).filter(orm.APIToken.user_id == user.id):
        if token.session_id and token.session_id != keep:
            db.delete(token)
    db.query(orm.OAuthCode).filter(orm.OAuthCode.user_id == user.id).delete()
    db.commit()


def renew(db: Any, name: str) -> None:
    """Read anew what another process may have changed in `end_logins`, before a cookie is made of it."""
    user = orm.User.find(db, name)
    if user is not None:
        db.refresh(user, ["cookie_id"])
