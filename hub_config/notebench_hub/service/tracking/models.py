"""Registered models, versions and aliases of one owner, read from and written to MLflow."""

import asyncio
from contextlib import suppress
from typing import Any, Final

from notebench.contract.errors import Conflict, NotAllowed, NotFound, Refused
from notebench.contract.tracking import (
    LoggedModel,
    ModelVersion,
    Origin,
    RegisteredModel,
    RegisterRequest,
    Signature,
)

from notebench_hub.service.asker import Owner
from notebench_hub.service.mlflow_client.client import Mlflow
from notebench_hub.service.mlflow_client.workspaces import Access, Workspaces
from notebench_hub.service.tracking import reading, signature
from notebench_hub.service.tracking.experiments import Experiments, Page

_MOST_MODELS: Final = 1000
_MOST_VERSIONS: Final = 5000
_PAGE: Final = 1000
_MOST_ORIGINS: Final = 50
_MOST_DIGITS: Final = 9


class RegisteredModels:
    """What one owner has registered; implements `ports.Models`."""

    def __init__(self, mlflow: Mlflow, workspaces: Workspaces, runs: Experiments, page: Page) -> None:
        self._mlflow = mlflow
        self._workspaces = workspaces
        self._runs = runs
        self._page = page

    async def every(self, owner: Owner) -> list[RegisteredModel]:
        """All models with their versions, last changed first."""
        asked = {"max_results": _MOST_MODELS, "order_by": "last_updated_timestamp DESC"}
        answer = await self._ask(owner, "GET", "registered-models/search", asked)
        models = answer.get("registered_models", [])
        versions = await self._versions(owner, "") if models else []
        return [self._model(one, [v for v in versions if v["name"] == one["name"]], owner) for one in models]

    async def get(self, owner: Owner, model: str) -> RegisteredModel:
        """One model, with the origin of its newest versions. Raises NotFound."""
        answer = await self._ask(owner, "GET", "registered-models/get", {"name": model})
        said = self._model(answer["registered_model"], await self._versions(owner, model), owner)
        return said.model_copy(update={"versions": await self._with_origins(owner, said.versions)})

    async def version(self, owner: Owner, model: str, version: str) -> ModelVersion:
        """`version` is a number, `@alias`, or empty for the newest. Raises NotFound."""
        if version.startswith("@"):
            asked = {"name": model, "alias": version[1:]}
            answer = await self._ask(owner, "GET", "registered-models/alias", asked)
            record = answer["model_version"]
        elif version:
            _refuse_no_number(version)
            asked = {"name": model, "version": version}
            record = (await self._ask(owner, "GET", "model-versions/get", asked))["model_version"]
        else:
            record = await self._newest(owner, model)
        said = self._version(reading.model_version(record, record.get("aliases", [])), owner)
        return (await self._with_origins(owner, [said]))[0]

    async def signature(self, owner: Owner, model: str, version: str) -> Signature:
        """What a form needs to ask for. Empty where the model has no signature."""
        found = await self.version(owner, model, version)
        mlmodel = await self._file(owner, found, "MLmodel")
        path = signature.example_path(mlmodel)
        return signature.read(mlmodel, await self._file(owner, found, path) if path else b"")

    async def register(self, owner: Owner, request: RegisterRequest) -> ModelVersion:
        """Make a version of a model that a run logged. Raises Refused naming what can be registered."""
        record = await self._runs.record(owner, request.run)
        chosen = _choose(await self._runs.models_of(owner, record), request)
        with suppress(Conflict):  # another version of a model that is there
            await self._ask(owner, "POST", "registered-models/create", {"name": request.name})
        body = {
            "name": request.name,
            "source": chosen.uri,
            "run_id": request.run,
            "model_id": chosen.uri.removeprefix("models:/"),
            "description": request.description,
        }
        made = (await self._ask(owner, "POST", "model-versions/create", body))["model_version"]
        if request.alias:
            await self.set_alias(owner, request.name, request.alias, str(made["version"]))
        return await self.version(owner, request.name, str(made["version"]))

    async def set_alias(self, owner: Owner, model: str, alias: str, version: str) -> None:
        """Point an alias at a version. Raises NotFound, Refused."""
        _refuse_no_number(version)
        said = {"name": model, "alias": alias, "version": version}
        await self._ask(owner, "POST", "registered-models/alias", said)

    async def aliased(self, owner: Owner, model: str, alias: str) -> dict[str, Any] | None:
        """Where an alias points now; None where there is none."""
        asked = {"name": model, "alias": alias}
        try:
            answer = await self._ask(owner, "GET", "registered-models/alias", asked)
        except Refused:
            return None
        return {"version": str(answer["model_version"]["version"])}

    async def remove_alias(self, owner: Owner, model: str, alias: str) -> None:
        """Remove an alias; that there is none is as good."""
        await self._ask(owner, "DELETE", "registered-models/alias", {"name": model, "alias": alias})

    async def _versions(self, owner: Owner, model: str) -> list[reading.Record]:
        found: list[reading.Record] = []
        asked: dict[str, Any] = {"max_results": _PAGE}
        if model:
            asked["filter"] = "name='" + model.replace("'", "''") + "'"
        while len(found) < _MOST_VERSIONS:
            answer = await self._ask(owner, "GET", "model-versions/search", asked)
            found += answer.get("model_versions", [])
            if not answer.get("next_page_token"):
                break
            asked["page_token"] = answer["next_page_token"]
        return found

    async def _newest(self, owner: Owner, model: str) -> reading.Record:
        answer = await self._ask(owner, "GET", "registered-models/get", {"name": model})
        versions = answer["registered_model"].get("latest_versions") or await self._versions(owner, model)
        if not versions:
            raise NotFound("The model {model} has no version.", "Register a run's model first.", model=model)
        newest = max(versions, key=lambda one: int(one["version"]))
        asked = {"name": model, "version": newest["version"]}
        record: reading.Record = (await self._ask(owner, "GET", "model-versions/get", asked))["model_version"]
        return record

    async def _with_origins(self, owner: Owner, versions: list[ModelVersion]) -> list[ModelVersion]:
        wanted = list({one.run for one in versions[:_MOST_ORIGINS] if one.run})
        records = await asyncio.gather(*(self._origin(owner, run) for run in wanted))
        known = dict(zip(wanted, records, strict=True))
        return [
            one.model_copy(update={"origin": known[one.run]}) if one.run in known else one for one in versions
        ]

    async def _origin(self, owner: Owner, run: str) -> Origin:
        try:
            record = await self._runs.record(owner, run)
        except (NotFound, Refused):
            return Origin()  # the run was deleted; the version stays
        return reading.origin(reading.pairs(record.get("data", {}).get("tags", [])))

    async def _file(self, owner: Owner, of: ModelVersion, path: str) -> bytes:
        """A file beside the model's `MLmodel`; empty where it is missing or too large."""
        standing = (await self._workspaces.standing(owner, Access.read)).standing
        asked = {"name": of.model, "version": of.version, "path": path}
        try:
            async with self._mlflow.download(standing, "/model-versions/get-artifact", asked) as response:
                pieces, size = [], 0
                async for piece in response.aiter_bytes():
                    size += len(piece)
                    if size > signature.LARGEST:
                        return b""
                    pieces.append(piece)
                return b"".join(pieces)
        except Refused:
            return b""

    async def _ask(self, owner: Owner, method: str, path: str, said: dict[str, Any]) -> dict[str, Any]:
        access = Access.read if method == "GET" else Access.write
        standing = (await self._workspaces.standing(owner, access)).standing
        query, body = (said, None) if method == "GET" else (None, said)
        try:
            return await self._mlflow.call(standing, method, f"2.0/mlflow/{path}", params=query, json=body)
        except (NotAllowed, NotFound) as error:
            raise _unknown() from error

    def _model(self, record: reading.Record, versions: list[reading.Record], owner: Owner) -> RegisteredModel:
        said = reading.registered_model(record, versions)
        update = {
            "url": self._page("models", said.name, owner.acting_for),
            "versions": [self._version(one, owner) for one in said.versions],
        }
        return said.model_copy(update=update)

    def _version(self, said: ModelVersion, owner: Owner) -> ModelVersion:
        return said.model_copy(update={"url": self._page("models", said.model, owner.acting_for)})


def _unknown() -> NotFound:
    return NotFound(
        "There is no such model, version or alias here.",
        "Choose one from the list, and look for whom you act.",
        code="model-unknown",
    )


def _refuse_no_number(version: str) -> None:
    """MLflow fails on numbers that its database cannot hold."""
    if not (version.isascii() and version.isdecimal() and len(version) <= _MOST_DIGITS):
        raise _unknown()


def _choose(logged: list[LoggedModel], request: RegisterRequest) -> LoggedModel:
    fitting = [one for one in logged if not request.model or request.model in {one.name, one.uri}]
    if not fitting:
        raise Refused(
            "The run {run} has logged no model{name}.",
            "Log one with mlflow.<flavour>.log_model, or choose another run.",
            code="run-without-model",
            field="model",
            run=request.run,
            name=f" {request.model}" if request.model else "",
        )
    if len({one.name for one in fitting}) > 1:
        raise Refused(
            "The run {run} has logged several models: {names}.",
            "Say which one with `model`.",
            code="several-models",
            field="model",
            run=request.run,
            names=", ".join(sorted({one.name for one in fitting})),
        )
    return fitting[-1]
