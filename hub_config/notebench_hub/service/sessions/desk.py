"""The desk where the hub asks for a session and says what became of it."""

import secrets
from typing import Any

from notebench.contract.errors import NotAllowed, NotFound, Refused
from notebench.contract.people import PERSONAL, Role
from notebench.contract.sessions import Session, SessionGrant, SessionRequest, SessionState, SessionUpdate
from notebench_spawner.workload import Kind, Workload

from notebench_hub.folding import Folding
from notebench_hub.service.asker import AskerKind, Owner
from notebench_hub.service.devices import Devices, DevicesBusy
from notebench_hub.service.feature import Parts
from notebench_hub.service.ports import Resolved
from notebench_hub.service.store import Transaction, audit, projects
from notebench_hub.service.store import sessions as rows
from notebench_hub.service.store.base import now
from notebench_hub.service.store.devices import Holder

COMMAND = ["python", "-m", "jupyterhub.singleuser"]
_ENDED = (SessionState.stopped, SessionState.failed)


class Desk:
    """Grants sessions and keeps their records."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._folding = Folding()

    async def grant(self, request: SessionRequest) -> SessionGrant:
        """Resolve the choice, write the record, make the workload. Raises Refused with what can be chosen."""
        owner = Owner(request.user, request.acting_for)
        try:
            role = await self._check_owner(owner)
            resolved = await self._parts.resolver.resolve(request.user, request.image, request.profile)
        except Refused as error:
            await self._note_refusal(request, error)
            raise
        shares = await self._parts.ground.shares(owner.acting_for, writable=role is not Role.viewer)
        session = _record(request, resolved)
        for replaced in await self._parts.store.write(_replace, session):
            await self._parts.tokens.end(AskerKind.session, replaced)
        devices = await self._add(session, resolved)
        token = await self._parts.tokens.issue(AskerKind.session, session.id, owner.user, owner.acting_for)
        more = {"devices": devices, "shares": shares}
        workload = self._workload(session, owner, resolved, token).model_copy(update=more)
        return SessionGrant(id=session.id, workload=workload.model_dump(mode="json"))

    async def update(self, session: str, update: SessionUpdate) -> Session:
        """Write what the hub saw. An ended session's token is worthless from then on."""
        changed = await self._parts.store.write(_update, session, update)
        if changed is None:
            raise NotFound("There is no session {session}.", "Check its id.", session=session[:80])
        if changed.state in _ENDED:
            await self._parts.tokens.end(AskerKind.session, session)
        return changed

    async def _add(self, session: Session, resolved: Resolved) -> dict[str, list[str]]:
        """Write the record and reserve its devices, together or not at all. Raises DevicesBusy."""
        devices = self._parts.devices
        try:
            return await self._parts.store.write(_add, session, resolved, devices)
        except DevicesBusy:
            await devices.take_back()  # who has just stopped one starts the next at once
            return await self._parts.store.write(_add, session, resolved, devices)

    async def _note_refusal(self, request: SessionRequest, error: Refused) -> None:
        """Told once, then counted: whoever tries again and again does not fill the audit."""
        unsaid = self._folding.tell(f"{request.user} {error.kind} {request.image} {request.profile}")
        if unsaid is not None:
            await self._parts.store.write(_refused, request, error, unsaid)

    async def _check_owner(self, owner: Owner) -> Role:
        user = await self._parts.hub.user(owner.user)
        if user is None:
            raise NotFound("The hub knows no user {user}.", "Check the name.", user=owner.user)
        if owner.acting_for == PERSONAL:
            return Role.owner
        memberships = await self._parts.store.read(projects.memberships, user.name, user.groups)
        roles = {one.project: one.role for one in memberships}
        if owner.acting_for not in roles:
            raise NotAllowed(
                "{user} is not a member of a project {project}.",
                "Choose another project, or ask its owner to add you.",
                code="project-unknown",
                field="acting_for",
                user=owner.user,
                project=owner.acting_for,
            )
        return roles[owner.acting_for]

    def _workload(self, session: Session, owner: Owner, resolved: Resolved, token: str) -> Workload:
        environment = self._parts.environment
        layer = environment.layer(owner, resolved)
        variables = environment.variables(Kind.session, session.id, owner, resolved, token, layer=layer)
        return Workload(
            id=rows.workload_id(session.id),
            kind=Kind.session,
            user=owner.user,
            acting_for=owner.acting_for,
            image=resolved.image,
            hardware=resolved.hardware,
            home=environment.home(owner.user),
            layer=layer,
            command=COMMAND,
            env=variables.env,
            secret_env=variables.secret,
        )


def _refused(tx: Transaction, request: SessionRequest, error: Refused, unsaid: int) -> None:
    wish = {"image": request.image, "profile": request.profile, "code": error.kind}
    more: dict[str, Any] = wish | ({"unsaid": unsaid} if unsaid else {})
    audit.note(
        tx,
        request.user,
        request.acting_for,
        "session-refused",
        request.server,
        reason=error.text(),
        **more,
    )


def _record(request: SessionRequest, resolved: Resolved) -> Session:
    return Session(
        id=secrets.token_hex(8),
        user=request.user,
        server=request.server,
        acting_for=request.acting_for,
        image=resolved.image.image,
        version=resolved.image.version,
        identity=resolved.image.identity,
        profile=resolved.hardware.profile,
        state=SessionState.starting,
        started=now(),
    )


def _replace(tx: Transaction, session: Session) -> list[str]:
    """What is still live at the same server ended unseen. Returns the ids of those."""
    replaced = [one.id for one in rows.live_at(tx, session.user, session.server)]
    for one in replaced:
        rows.update(tx, one, SessionState.stopped, "It ended unseen; a new session was started in its place.")
    return replaced


def _add(tx: Transaction, session: Session, resolved: Resolved, devices: Devices) -> dict[str, list[str]]:
    """The new record and its devices."""
    rows.add(tx, session)
    holder = Holder(rows.workload_id(session.id), Kind.session, session.id, session.user)
    found = devices.take(tx, holder, resolved.hardware)
    facts: dict[str, Any] = {"image": session.image, "profile": session.profile, "identity": session.identity}
    if found:
        facts["devices"] = found
    audit.note(tx, session.user, session.acting_for, "session-start", session.id, **facts)
    return found


def _update(tx: Transaction, session: str, update: SessionUpdate) -> Session | None:
    before = rows.find(tx, session)
    changed = rows.update(tx, session, update.state, update.reason, update.url)
    if before and changed and before.state is not changed.state and changed.state in _ENDED:
        facts: dict[str, Any] = {"state": changed.state.value, "reason": changed.reason}
        audit.note(tx, "", changed.acting_for, "session-end", session, concerns=changed.user, **facts)
    return changed
