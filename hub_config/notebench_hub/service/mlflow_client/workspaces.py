"""Workspaces: made in MLflow before first use, once, and remembered for a while."""

import asyncio
import secrets
import time
from enum import StrEnum
from typing import Any, NamedTuple

from notebench.contract.errors import Conflict, NotAllowed, NotFound, Refused

from notebench_hub.service.asker import Owner
from notebench_hub.service.mlflow_client.client import Mlflow, Standing, admin
from notebench_hub.service.mlflow_client.names import DEFAULT_EXPERIMENT
from notebench_hub.service.names import workspace_name

_REMEMBER_SECONDS = 600.0


class Access(StrEnum):
    """What a principal may do in its workspace, in MLflow's words for a grant."""

    read = "READ"
    write = "MANAGE"


class Provisioned(NamedTuple):
    """A workspace that is ready for use."""

    standing: Standing
    experiment: str
    """Id of the default experiment."""


class Workspaces:
    """Makes a user's or project's workspace, its two principals and its default experiment.

    MLflow's principals are not people but (workspace, access): membership is decided here at every request,
    and no grant in MLflow outlives it.
    """

    def __init__(self, mlflow: Mlflow) -> None:
        self._mlflow = mlflow
        self._ready: dict[tuple[str, Access], tuple[float, Provisioned]] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._looking: dict[tuple[str, Access], asyncio.Task[Provisioned]] = {}

    async def standing(self, owner: Owner, access: Access) -> Provisioned:
        """The ready workspace. Raises Unavailable when MLflow is away."""
        workspace = workspace_name(owner.user, owner.acting_for)
        known = self._ready.get((workspace, access))
        if known and known[0] > time.monotonic():
            return known[1]
        # Many requests ask one question: with an MLflow that hangs each would else wait after the other.
        key = (workspace, access)
        looking = self._looking.get(key)
        if looking is None:
            looking = self._looking[key] = asyncio.create_task(self._find(workspace, access, owner))
            looking.add_done_callback(lambda done: self._found(key, done))
        return await asyncio.shield(looking)

    def _found(self, key: tuple[str, Access], looking: asyncio.Task[Provisioned]) -> None:
        self._looking.pop(key, None)
        if not looking.cancelled():
            looking.exception()  # whoever asked may have gone

    async def _find(self, workspace: str, access: Access, owner: Owner) -> Provisioned:
        async with self._locks.setdefault(workspace, asyncio.Lock()):
            made = await self._look(Standing(workspace, f"{workspace}.{access.name}"), access, owner)
            self._ready[workspace, access] = (time.monotonic() + _REMEMBER_SECONDS, made)
            return made

    async def _look(self, standing: Standing, access: Access, owner: Owner) -> Provisioned:
        """One request where everything is there; the steps of making it where anything is missing."""
        try:
            experiment = await self._experiment(standing)
        except (NotFound, NotAllowed, Refused):
            await self._make(standing, access, owner)
            experiment = await self._experiment(standing)
        return Provisioned(standing, experiment)

    async def _make(self, standing: Standing, access: Access, owner: Owner) -> None:
        workspace, boss = standing.workspace, admin(standing.workspace)
        words = f"{owner.acting_for} of {owner.user}" if workspace.startswith("u-") else owner.acting_for
        body = {"name": workspace, "description": words[:200]}
        # The admin's word for this one call names no workspace: there is none yet.
        await self._once(admin(""), "3.0/mlflow/workspaces", body)
        user = {"username": standing.principal, "password": secrets.token_urlsafe(32)}
        await self._once(boss, "2.0/mlflow/users/create", user)
        role = await self._role(boss, access)
        await self._once(boss, "2.0/mlflow/experiments/create", {"name": DEFAULT_EXPERIMENT})
        await self._once(boss, "3.0/mlflow/roles/assign", {"username": standing.principal, "role_id": role})
        # The grant on experiments comes last: `_look` takes a visible experiment as a sign that all is made.
        for kind, permission in (
            ("workspace", "USE"),
            ("registered_model", access.value),
            ("experiment", access.value),
        ):
            grant = {
                "role_id": role,
                "resource_type": kind,
                "resource_pattern": "*",
                "permission": permission,
            }
            await self._once(boss, "3.0/mlflow/roles/permissions/add", grant)

    async def _role(self, boss: Standing, access: Access) -> int:
        """Id of the workspace's MLflow role for this access, made if it is missing."""
        asked = {"workspace": boss.workspace}
        known = await self._mlflow.call(boss, "GET", "3.0/mlflow/roles/list", params=asked)
        for role in known["roles"]:
            if role["name"] == access.name:
                return int(role["id"])
        body = {"workspace": boss.workspace, "name": access.name}
        made = await self._mlflow.call(boss, "POST", "3.0/mlflow/roles/create", json=body)
        return int(made["role"]["id"])

    async def _once(self, standing: Standing, path: str, body: dict[str, Any]) -> None:
        """Make something; that it is there already is as good."""
        try:
            await self._mlflow.call(standing, "POST", path, json=body)
        except Conflict:
            return

    async def _experiment(self, standing: Standing) -> str:
        answer = await self._mlflow.call(
            standing,
            "GET",
            "2.0/mlflow/experiments/get-by-name",
            params={"experiment_name": DEFAULT_EXPERIMENT},
        )
        experiment = answer["experiment"]
        if experiment.get("lifecycle_stage") == "deleted":
            restored = {"experiment_id": experiment["experiment_id"]}
            boss = admin(standing.workspace)
            await self._mlflow.call(boss, "POST", "2.0/mlflow/experiments/restore", json=restored)
        return str(experiment["experiment_id"])
