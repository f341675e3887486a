"""Who is asking, what they act for, and what they may read and write."""

from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum

from notebench.contract.people import PERSONAL, Membership, Role

_RANKS = {Role.viewer: 0, Role.editor: 1, Role.owner: 2}


class AskerKind(StrEnum):
    """How somebody proved who they are."""

    browser = "browser"
    hub_token = "hub-token"  # noqa: S105 - a word, not a token
    session = "session"
    run = "run"
    model_server = "model-server"


PEOPLE = frozenset({AskerKind.browser, AskerKind.hub_token, AskerKind.session})
"""People, also through the programs in their sessions. Runs and model servers may do much less."""


@dataclass(frozen=True)
class Caller:
    """Where a request came from, for the audit."""

    kind: str
    """How they proved who they are, for example `browser`; `hub` for the hub itself."""
    origin: str
    """The client's address as our proxy saw it; empty for what never came through it."""
    request: str
    """The request's id, short and random."""


caller: ContextVar[Caller | None] = ContextVar("caller", default=None)
"""Set by the doors for the request under way; None in controllers."""


@dataclass(frozen=True)
class Owner:
    """Whose a thing is: a user's own (`personal`), or a project's (then `user` says who made it)."""

    user: str
    acting_for: str = PERSONAL

    def same(self, other: "Owner") -> bool:
        """Whether both name the same owner: the same project, or the same person."""
        if self.acting_for != other.acting_for:
            return False
        return self.acting_for != PERSONAL or self.user == other.user


@dataclass(frozen=True)
class Asker:
    """Somebody known, for the length of one request."""

    name: str
    acting_for: str
    """`personal` or a project; the asker is a member of it."""
    role: Role
    """In what the request acts for; owner for `personal`."""
    kind: AskerKind
    admin: bool = False
    bound: str = ""
    """Id of the session, run or deployment whose token this is; empty for browsers and hub tokens."""
    projects: tuple[Membership, ...] = ()

    @property
    def owner(self) -> Owner:
        """Whose the things are that this request makes and lists."""
        return Owner(self.name, self.acting_for)

    def role_in(self, owner: Owner) -> Role | None:
        """The role over a thing of `owner`, or None. A bound token reaches only what it is bound to."""
        if self.bound and owner.acting_for != self.acting_for:
            return None
        if owner.acting_for == PERSONAL:
            return Role.owner if owner.user == self.name else None
        return next((one.role for one in self.projects if one.project == owner.acting_for), None)


def may_read(asker: Asker, owner: Owner) -> bool:
    """Whether the asker may know of a thing of `owner`. If not, answer NotFound."""
    return asker.role_in(owner) is not None


def may_write(asker: Asker, owner: Owner) -> bool:
    """Whether a person may make, change and delete things of `owner`. Runs and model servers never may."""
    role = asker.role_in(owner)
    return asker.kind in PEOPLE and role is not None and _RANKS[role] >= _RANKS[Role.editor]
