"""What the parts may do at the hub: roles and scopes as data, each scope with its reason. Least ones only."""

from dataclasses import dataclass, field
from typing import Final

SERVICE: Final = "notebench"
"""Name of the hub's service that the Notebench service is."""

SUPERVISOR: Final = "notebench-supervisor"
"""Name of the hub's service that the supervisor is; it has no address."""

ACCESS: Final = f"access:services!service={SERVICE}"
"""What a person's login or token must hold to be let in by the Notebench service."""

PROGRAM: Final = ("read:users!user", "servers!user", "access:servers!user", ACCESS)
"""What a person's program needs: their own records and sessions, no more tokens."""


@dataclass(frozen=True)
class Grant:
    """A hub role: who gets it, and which scopes for which reason."""

    name: str
    description: str
    scopes: dict[str, str]
    """Reason by scope."""
    services: tuple[str, ...] = ()
    groups: tuple[str, ...] = field(default=())

    def role(self) -> dict[str, object]:
        """The entry for JupyterHub's `load_roles`."""
        entry: dict[str, object] = {
            "name": self.name,
            "description": self.description,
            "scopes": list(self.scopes),
        }
        if self.services:
            entry["services"] = list(self.services)
        if self.groups:
            entry["groups"] = list(self.groups)
        return entry


SERVICE_GRANT: Final = Grant(
    name="notebench-service",
    description="What the Notebench service reads at the hub.",
    scopes={
        "list:users": "find whose sessions run, page by page, when records are reconciled",
        "read:users:name": "know that the user of a session, run or model server still exists",
        "read:users:groups": "know the groups of that user: projects are groups",
        "read:servers": "see which sessions really run, so that a lost report does not leave a false record",
        "read:groups": "see that the group which becomes a project exists, and who is in it",
    },
    services=(SERVICE,),
)

SUPERVISOR_GRANT: Final = Grant(
    name="notebench-supervisor",
    description="What the supervisor does at the hub.",
    scopes={
        "proxy": "make the hub tell a restarted proxy its routes at once",
        "read:hub": "show the hub's version in `status`",
        "list:users": "find the users whose sessions live",
        "read:servers": "ask before `down` stops living sessions",
    },
    services=(SUPERVISOR,),
)

USER_GRANT: Final = Grant(
    name="user",
    description="What everybody may do.",
    scopes={
        "read:users!user": "see who one is and which groups one is in",
        "users:activity!user": "one's servers report that they are in use",
        "servers!user": "start, watch, stop and remove one's own servers, and nobody else's",
        "access:servers!user": "open one's own servers; they are not shared",
        "tokens!user": "make and end tokens for one's own programs",
        ACCESS: "open the pages and the API of Notebench",
    },
)

GRANTS: Final = (SERVICE_GRANT, SUPERVISOR_GRANT, USER_GRANT)
