"""What a transaction of the hub's database means for the audit, whichever page or route made it."""

from collections.abc import Callable, Iterator
from typing import Any

from jupyterhub import orm
from nativeauthenticator.orm import UserInfo
from notebench.contract.people import PERSONAL
from sqlalchemy import event, inspect, select
from sqlalchemy.orm import Session

from notebench_hub.events import Event
from notebench_hub.hub.audit import outbox
from notebench_hub.hub.audit.asking import NOBODY, Asking, asking

_PLAIN_ROLES = frozenset({"user", "admin", "server", "token"})
"""What everybody has, and what an admin has: said by `user-add` and `user-admin` already."""

_SERVER_SCOPES = ("access:servers!", "users:activity!")
"""All that a server's own token may do; it is made and ended with the server, which is noted itself."""

Facts = dict[str, Any]


def watch(target: Any, by: Asking = NOBODY) -> None:
    """Note what sessions of `target` (a session, or the class) write; `by` where no request is under way."""

    def after_flush(session: Session, _context: Any) -> None:
        who = asking.get()
        who = by if who is NOBODY else who
        for facts in _found(session):
            concerns = facts.pop("concerns", "") or who.user
            said = Event(
                user=who.user,
                kind=who.kind,
                origin=who.origin,
                request=who.request,
                concerns=concerns,
                **facts,
            )
            outbox.add(session.connection(), said)

    event.listen(target, "after_flush", after_flush)


def _found(session: Session) -> Iterator[Facts]:
    for group, readers in ((session.new, _MADE), (session.dirty, _CHANGED), (session.deleted, _ENDED)):
        for one in list(group):
            # The hub deletes its own wrapper of a user: what counts is what it is mapped to.
            reader = readers.get(inspect(one).mapper.class_)
            if reader:
                yield from reader(session, one)


def _history(one: Any, name: str) -> Any:
    return inspect(one).attrs[name].history


# Users and passwords


def _user_made(_session: Session, user: Any) -> Iterator[Facts]:
    yield {
        "action": "user-add",
        "thing": user.name,
        "concerns": user.name,
        "after": {"admin": bool(user.admin)},
    }


def _user_changed(_session: Session, user: Any) -> Iterator[Facts]:
    of = {"thing": user.name, "concerns": user.name}
    admin = _history(user, "admin")
    if admin.has_changes() and admin.deleted and bool(admin.deleted[0]) != bool(user.admin):
        before, after = {"admin": bool(admin.deleted[0])}, {"admin": bool(user.admin)}
        yield {"action": "user-admin", **of, "before": before, "after": after}
    name = _history(user, "name")
    if name.has_changes() and name.deleted:
        yield {
            "action": "user-rename",
            **of,
            "before": {"name": name.deleted[0]},
            "after": {"name": user.name},
        }
    roles = _history(user, "roles")
    for action, changed in (("role-grant", roles.added), ("role-revoke", roles.deleted)):
        for role in changed or ():
            if role is not None and role.name not in _PLAIN_ROLES:
                yield {"action": action, **of, "detail": {"role": role.name}}


def _user_ended(_session: Session, user: Any) -> Iterator[Facts]:
    yield {
        "action": "user-remove",
        "thing": user.name,
        "concerns": user.name,
        "before": {"admin": bool(user.admin)},
    }


def _password_changed(_session: Session, info: Any) -> Iterator[Facts]:
    if _history(info, "password").has_changes():
        yield {"action": "password-change", "thing": info.username, "concerns": info.username}


# Groups


def _group_made(session: Session, group: Any) -> Iterator[Facts]:
    yield {"action": "group-add", "thing": group.name, "acting_for": group.name}
    yield from _group_changed(session, group)


def _group_changed(_session: Session, group: Any) -> Iterator[Facts]:
    users = _history(group, "users")
    for action, changed in (("group-join", users.added), ("group-leave", users.deleted)):
        for user in changed or ():
            yield {
                "action": action,
                "thing": group.name,
                "concerns": user.name,
                "acting_for": group.name,
                "detail": {"user": user.name},
            }


def _group_ended(_session: Session, group: Any) -> Iterator[Facts]:
    yield {"action": "group-remove", "thing": group.name, "acting_for": group.name}


# Tokens


def _token_made(_session: Session, token: Any) -> Iterator[Facts]:
    yield from _token("token-make", token)


def _token_ended(_session: Session, token: Any) -> Iterator[Facts]:
    gone = token.expires_at is not None and token.expires_at <= token.now().replace(tzinfo=None)
    yield from _token("token-expire" if gone else "token-revoke", token)


def _token(action: str, token: Any) -> Iterator[Facts]:
    if token.session_id or token.client_id != "jupyterhub":
        return  # a login in a browser
    scopes = [str(one) for one in token.scopes or ()]
    if token.note.startswith("Server at ") and all(one.startswith(_SERVER_SCOPES) for one in scopes):
        return
    holder = token.user.name if token.user is not None else ""
    ends = token.expires_at.isoformat() if token.expires_at else ""
    detail = {"id": token.api_id, "note": token.note, "scopes": scopes, "expires": ends}
    yield {"action": action, "thing": holder, "concerns": holder, "detail": detail}


# Servers of others, and shares


def _entered(session: Session, code: Any) -> Iterator[Facts]:
    """Somebody's browser is let into a server. Into one's own is no news."""
    spawners, users = orm.Spawner.__table__, orm.User.__table__
    query = (
        select(users.c.name, spawners.c.name.label("server"))
        .join(spawners, spawners.c.user_id == users.c.id)
        .where(spawners.c.oauth_client_id == code.client_id)
    )
    row = session.connection().execute(query).first()
    if row is not None and code.user is not None and row.name != code.user.name:
        yield {"action": "server-enter", "thing": _server(row.name, row.server), "concerns": row.name}


def _shared(action: str) -> Callable[[Session, Any], Iterator[Facts]]:
    def read(_session: Session, share: Any) -> Iterator[Facts]:
        user, group = getattr(share, "user", None), getattr(share, "group", None)
        owner = share.owner.name if share.owner is not None else ""
        to = user.name if user else group.name if group else ""
        yield {
            "action": action,
            "thing": _server(owner, share.spawner.name if share.spawner is not None else ""),
            "concerns": owner,
            "acting_for": group.name if group else PERSONAL,
            "detail": {"to": to, "scopes": list(share.scopes or ())},
        }

    return read


def _server(owner: str, name: str) -> str:
    return f"{owner}/{name}" if name else owner


_Readers = dict[type, Callable[[Session, Any], Iterator[Facts]]]

_MADE: _Readers = {
    orm.User: _user_made,
    orm.Group: _group_made,
    orm.APIToken: _token_made,
    orm.OAuthCode: _entered,
    orm.Share: _shared("share"),
    orm.ShareCode: _shared("share-code"),
}
_CHANGED: _Readers = {
    orm.User: _user_changed,
    UserInfo: _password_changed,
    orm.Group: _group_changed,
    orm.Share: _shared("share"),
}
_ENDED: _Readers = {
    orm.User: _user_ended,
    orm.Group: _group_ended,
    orm.APIToken: _token_ended,
    orm.Share: _shared("share-revoke"),
    orm.ShareCode: _shared("share-code-revoke"),
}
