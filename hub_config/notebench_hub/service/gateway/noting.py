"""What the audit gets to know of changes through the gateway: models registered, approved, moved."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import httpx
from notebench.contract.errors import NotebenchError

from notebench_hub.service.asker import Asker
from notebench_hub.service.gateway import guards
from notebench_hub.service.gateway.routes import Route
from notebench_hub.service.mlflow_client.client import Mlflow
from notebench_hub.service.mlflow_client.workspaces import Provisioned
from notebench_hub.service.store import Store, audit

Note = Callable[..., Awaitable[None]]
"""Appends to the audit: who, for whom, which action, which model, and what else there is to know."""

_SAID: Final = ("alias", "version", "stage", "new_name", "run_id")
_ALIAS: Final = "2.0/mlflow/registered-models/alias"


async def nowhere(*_facts: Any, **_more: Any) -> None:
    """For a gateway without a store."""


def into(store: Store) -> Note:
    """The audit of this store."""

    async def note(*facts: Any, **more: Any) -> None:
        await store.write(audit.note, *facts, **more)

    return note


async def alias_before(mlflow: Mlflow, route: Route, sent: httpx.Request, place: Provisioned) -> Any:
    """Where an alias points before it is moved; None where that is not what is asked for."""
    if not route.note.startswith("model-alias"):
        return None
    said = guards.parse(sent.content)
    asked = {"name": str(said.get("name", "")), "alias": str(said.get("alias", ""))}
    try:
        answer = await mlflow.call(place.standing, "GET", _ALIAS, params=asked)
        return {"version": str(answer["model_version"]["version"])}
    except (NotebenchError, KeyError, TypeError):
        return None


async def tell(note: Note, route: Route, asker: Asker, sent: httpx.Request, before: Any) -> None:
    """Say what was done."""
    said = guards.parse(sent.content)
    after = {name: str(said[name])[:200] for name in _SAID if said.get(name)}
    name = str(said.get("name", ""))
    await note(asker.name, asker.acting_for, route.note, name, before=before, after=after, through="mlflow")
