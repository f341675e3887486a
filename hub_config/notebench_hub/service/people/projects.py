"""Projects: hub groups marked as one. Who is in it the hub knows, what they may do there the store knows."""

import re
from collections.abc import Collection

from notebench.contract.base import NAME_PATTERN
from notebench.contract.errors import NotAllowed, NotFound, Refused
from notebench.contract.people import PERSONAL, Member, Project, Role

from notebench_hub.role_groups import highest, role_group
from notebench_hub.service.asker import Asker, AskerKind
from notebench_hub.service.doors.hub import HubClient
from notebench_hub.service.store import Store, Transaction, audit
from notebench_hub.service.store import projects as rows


class Projects:
    """Lists projects and marks groups as one."""

    def __init__(self, store: Store, hub: HubClient, by_provider: Collection[str] = ()) -> None:
        self._store = store
        self._hub = hub
        self._by_provider = by_provider
        """Projects whose members may come from a provider's groups."""

    async def visible(self, asker: Asker) -> list[Project]:
        """The asker's own projects; all of them for an admin. A bound token sees what it is bound to."""
        if asker.bound:
            names = [] if asker.acting_for == PERSONAL else [asker.acting_for]
        elif asker.admin:
            names = await self._store.read(rows.names)
        else:
            names = [one.project for one in asker.projects]
        found = [await self._project(name) for name in names]
        return [project for project in found if project]

    async def put(self, asker: Asker, name: str, members: list[Member]) -> Project:
        """Mark the hub's group as a project, or change the roles in it; everybody else in it is an editor.

        Admins may do both; owners may change roles.
        """
        known = await self._store.read(rows.exists, name)
        self._check_rights(asker, name, known)
        if name == PERSONAL or not re.fullmatch(NAME_PATTERN, name):
            raise Refused(
                "A project cannot be called {name}.",
                "Use 1 to 40 lower-case letters, digits and inner dashes, and not the word personal.",
                code="project-name",
                field="name",
                name=name[:80],
            )
        users = await self._hub.group(name)
        if users is None:
            raise NotFound(
                "The hub has no group {name}.",
                "Make the group at the hub first; a project is a group.",
                code="group-unknown",
                name=name,
            )
        _check_members(name, members, users)
        await self._store.write(_put, asker, name, members)
        for user in users:
            self._hub.forget(user)  # who was just added to the group is a member at once
        project = await self._project(name)
        return project or Project(name=name)

    def _check_rights(self, asker: Asker, name: str, known: bool) -> None:
        if asker.admin:
            return
        role = next((one.role for one in asker.projects if one.project == name), None)
        if role is None:
            # The same answer whether there is such a project or not.
            raise NotFound("There is no project {name} that you belong to.", "Ask an admin.", name=name[:80])
        bound = asker.kind is AskerKind.session and asker.acting_for != name
        if not known or role is not Role.owner or bound:
            raise NotAllowed(
                "Only an owner of the project {project} may change who may do what in it.",
                "Ask an owner or an admin.",
                code="owner-only",
                project=name,
            )

    async def _project(self, name: str) -> Project | None:
        users = await self._hub.group(name)
        if users is None:
            return None
        roles = {one.user: one.role for one in await self._store.read(rows.roles, name)}
        roles |= await self._given(name)
        members = [Member(user=user, role=roles.get(user, Role.editor)) for user in sorted(users)]
        return Project(name=name, members=members)

    async def _given(self, name: str) -> dict[str, Role]:
        """Roles that come from people's groups at their provider."""
        found: dict[str, Role] = {}
        for role in Role if name in self._by_provider else ():
            for user in await self._hub.group(role_group(name, role)) or ():
                found[user] = highest(found.get(user), role)
        return found

    async def mark(self) -> None:
        """Make projects of the groups that the settings of sign-in name as such."""
        for name in sorted(self._by_provider):
            await self._store.write(_mark, name)


def _check_members(name: str, members: list[Member], users: frozenset[str]) -> None:
    named = [one.user for one in members]
    for user in named:
        if user not in users:
            raise Refused(
                "{user} is not in the hub's group {name}.",
                "Add them to the group first.",
                code="member-unknown",
                field="members",
                user=user,
                name=name,
            )
        if named.count(user) > 1:
            raise Refused(
                "{user} is named twice.",
                "Name each member once.",
                code="member-twice",
                field="members",
                user=user,
            )


def _put(tx: Transaction, asker: Asker, name: str, members: list[Member]) -> None:
    before = {one.user: one.role.value for one in rows.roles(tx, name)}
    rows.put(tx, name, members)
    after = {one.user: one.role.value for one in members}
    audit.note(tx, asker.name, asker.acting_for, "project-put", name, before=before, after=after)


def _mark(tx: Transaction, name: str) -> None:
    if rows.mark(tx, name):
        audit.note(tx, "", PERSONAL, "project-put", name, reason="named in the settings of sign-in")
