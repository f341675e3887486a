"""Hub groups that say a member's role in a project: `vintage:viewer` beside the group `vintage`.

The hub makes people members of them when the groups at their provider say so; the service reads them. A colon
is in no project's name, so nothing else is called like that.
"""

from collections.abc import Iterable

from notebench.contract.people import Role

_RANKS = {Role.viewer: 0, Role.editor: 1, Role.owner: 2}


def role_group(project: str, role: Role) -> str:
    """The name of the group whose members have this role."""
    return f"{project}:{role.value}"


def roles_of(groups: Iterable[str]) -> dict[str, Role]:
    """Role by project, as the groups of one person say it; the highest where there are several."""
    found: dict[str, Role] = {}
    for group in groups:
        project, colon, word = group.rpartition(":")
        if colon and word in set(Role):
            found[project] = highest(found.get(project), Role(word))
    return found


def highest(one: Role | None, other: Role) -> Role:
    """The role that may do more."""
    return other if one is None or _RANKS[other] > _RANKS[one] else one
