"""Joins a hub user with a person of the provider, because an operator knows that both are one."""

from jupyterhub import orm
from notebench.contract.errors import Conflict, NotFound

from notebench_hub.hub.accounts import database
from notebench_hub.hub.sign_in import identities
from notebench_hub.hub.sign_in.names import normal_name
from notebench_hub.hub.sign_in.passwords import end_logins
from notebench_hub.place import Place
from notebench_hub.sign_in_settings import SignIn


def link(place: Place, sign_in: SignIn, name: str, subject: str) -> None:
    """From now on the provider's `subject` signs in as the hub user `name`. Raises NotFound, Conflict."""
    name, provider = normal_name(name), sign_in.provider_id
    with database(place) as db:
        if orm.User.find(db, name) is None:
            raise NotFound(
                "There is no user {name!r}.",
                "Who is new here needs no link: they get a name when they sign in.",
                code="user-unknown",
                name=name,
            )
        owner, known = identities.owner(db, name), identities.find(db, provider, subject)
        if other := owner if owner and owner is not known else None:
            raise Conflict(
                "{name} is {subject!r} of {provider} already.",
                "End that first with `notebench user unlink {name}`, if it is wrong.",
                code="link-taken",
                name=name,
                subject=other.subject,
                provider=other.provider,
            )
        if known and known.name != name:
            raise Conflict(
                "{subject!r} signs in as {other} already.",
                "End that first with `notebench user unlink {other}`, if it is wrong.",
                code="link-taken",
                subject=subject,
                other=known.name,
            )
        (known or identities.begin(db, provider, subject, name)).by_hand = True
        db.commit()


def unlink(place: Place, name: str) -> None:
    """Nobody of the provider is this hub user any more; their logins end. Raises NotFound."""
    name = normal_name(name)
    with database(place) as db:
        known = identities.owner(db, name)
        if known is None:
            raise NotFound(
                "{name!r} is nobody of a provider.",
                "Look for the name in the hub's administration.",
                code="link-unknown",
                name=name,
            )
        db.delete(known)
        db.commit()
        if (user := orm.User.find(db, name)) is not None:
            end_logins(db, user)
