"""Whoever leaves a group leaves the role behind, and does not find it again after coming back."""

from collections.abc import Iterable

from notebench_hub.events import Event
from notebench_hub.service.feature import Parts
from notebench_hub.service.store import Transaction, audit, projects


async def heard(parts: Parts, events: Iterable[Event]) -> None:
    """Look at the projects that these events of the hub may have been about. Raises Unavailable."""
    wanted: set[str] = set()
    for one in events:
        if one.action in {"group-leave", "group-remove"}:
            wanted.add(one.thing)
        elif one.action == "user-remove":
            wanted.update(await parts.store.read(projects.with_role, one.thing))
    for project in sorted(wanted):
        if await parts.store.read(projects.roles, project):
            # What counts is who is in it now: whoever was put back meanwhile stays what they are.
            members = await parts.hub.group(project) or frozenset()
            await parts.store.write(_forget, project, members)


def _forget(tx: Transaction, project: str, members: frozenset[str]) -> None:
    before = {one.user: one.role.value for one in projects.roles(tx, project)}
    for user in projects.left(tx, project, members):
        role = {user: before[user]}
        audit.note(tx, "", project, "project-put", project, concerns=user, before=role, after={})
