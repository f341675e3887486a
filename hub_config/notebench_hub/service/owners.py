"""Whether the owner of something that is about to start is still there, and may still act for its project."""

from notebench.contract.errors import NotAllowed
from notebench.contract.people import PERSONAL, Role

from notebench_hub.service.asker import Owner
from notebench_hub.service.feature import Parts
from notebench_hub.service.store import projects

GONE = frozenset({"owner-gone", "owner-role"})
"""Codes of the refusals below: what was theirs does not start again by itself."""


async def check_owner(parts: Parts, owner: Owner) -> None:
    """Raises NotAllowed for who is gone or may not any more, Unavailable while the hub is away."""
    user = await parts.hub.user(owner.user)
    if user is None:
        raise NotAllowed(
            "The hub knows no user {user} any more.",
            "Somebody else has to start it.",
            code="owner-gone",
            user=owner.user,
        )
    if owner.acting_for == PERSONAL:
        return
    found = await parts.store.read(projects.memberships, user.name, user.groups)
    roles = {one.project: one.role for one in found}
    if roles.get(owner.acting_for) not in {Role.editor, Role.owner}:
        raise NotAllowed(
            "{user} may not run things for the project {project} any more.",
            "An editor of the project has to start it, or an owner has to make {user} one.",
            code="owner-role",
            user=owner.user,
            project=owner.acting_for,
        )
