"""Routes of experiments, MLflow runs and registered models."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse
from notebench.contract.tracking import (
    AliasRequest,
    ArtifactEntry,
    Experiment,
    MetricHistory,
    MlflowRun,
    MlflowRunList,
    ModelVersion,
    RegisteredModel,
    RegisterRequest,
    Signature,
)

from notebench_hub.service import relay
from notebench_hub.service.asker import Asker
from notebench_hub.service.doors import Person, Writer
from notebench_hub.service.store import Store, audit
from notebench_hub.service.tracking.experiments import Experiments
from notebench_hub.service.tracking.models import RegisteredModels

_SECONDS: Final = 300.0
_TYPES: Final = frozenset(
    {
        "application/json",
        "application/pdf",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/svg+xml",
        "image/webp",
        "text/csv",
        "text/html",
        "text/plain",
    }
)
_SANDBOX: Final = dict(relay.SANDBOX) | {
    # People's HTML may have colours and pictures of its own, and nothing else: no script, no request.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
}

Limit = Annotated[int, Query(ge=1, le=500)]
Path = Annotated[str, Query(max_length=2000)]


def router(experiments: Experiments, models: RegisteredModels, store: Store) -> APIRouter:
    """All routes of the feature."""
    routes = APIRouter()
    _experiments(routes, experiments)
    _runs(routes, experiments)
    _models(routes, models)
    _changes(routes, models, store)
    return routes


def _experiments(routes: APIRouter, experiments: Experiments) -> None:
    @routes.get("/experiments")
    async def list_experiments(asker: Person) -> list[Experiment]:
        return await experiments.every(asker.owner)

    @routes.get("/experiments/{experiment}")
    async def get_experiment(experiment: str, asker: Person) -> Experiment:
        return await experiments.get(asker.owner, experiment)

    @routes.get("/experiments/{experiment}/runs")
    async def list_mlflow_runs(
        experiment: str,
        asker: Person,
        *,
        filter: Annotated[str, Query(max_length=4000)] = "",  # noqa: A002 - MLflow's word
        order_by: Annotated[list[str], Query(max_length=10)] = [],  # noqa: B006 - copied by FastAPI
        limit: Limit = 100,
        cursor: Annotated[str, Query(max_length=1000, pattern=r"^[!-~]*$")] = "",
    ) -> MlflowRunList:
        return await experiments.runs(
            asker.owner, experiment, words=filter, order=order_by, limit=limit, cursor=cursor
        )


def _runs(routes: APIRouter, experiments: Experiments) -> None:
    @routes.get("/mlflow-runs/{run}")
    async def get_mlflow_run(run: str, asker: Person) -> MlflowRun:
        return await experiments.run(asker.owner, run)

    @routes.get("/mlflow-runs/{run}/metrics/{key:path}")
    async def get_metric_history(run: str, key: str, asker: Person) -> MetricHistory:
        return await experiments.history(asker.owner, run, key)

    @routes.get("/mlflow-runs/{run}/artifacts")
    async def list_artifacts(run: str, asker: Person, path: Path = "") -> list[ArtifactEntry]:
        return await experiments.artifacts(asker.owner, run, path)

    @routes.get("/mlflow-runs/{run}/artifact", response_class=Response)
    async def get_artifact(run: str, path: Path, asker: Person) -> Response:
        stack = AsyncExitStack()
        opened = await stack.enter_async_context(experiments.artifact(asker.owner, run, path))
        deadline = asyncio.get_running_loop().time() + _SECONDS
        answer = relay.answer(opened, _TYPES, deadline, _SANDBOX)
        return _closing(answer, stack)


def _closing(answer: StreamingResponse, stack: AsyncExitStack) -> StreamingResponse:
    pieces = answer.body_iterator

    async def all_pieces() -> AsyncIterator[object]:
        async with stack:
            async for piece in pieces:
                yield piece

    answer.body_iterator = all_pieces()  # type: ignore[assignment]
    return answer


def _models(routes: APIRouter, models: RegisteredModels) -> None:
    @routes.get("/models")
    async def list_models(asker: Person) -> list[RegisteredModel]:
        return await models.every(asker.owner)

    @routes.get("/models/{name}")
    async def get_model(name: str, asker: Person) -> RegisteredModel:
        return await models.get(asker.owner, name)

    @routes.get("/models/{name}/versions/{version}")
    async def get_model_version(name: str, version: str, asker: Person) -> ModelVersion:
        return await models.version(asker.owner, name, version)

    @routes.get("/models/{name}/versions/{version}/signature")
    async def get_signature(name: str, version: str, asker: Person) -> Signature:
        return await models.signature(asker.owner, name, version)


def _changes(routes: APIRouter, models: RegisteredModels, store: Store) -> None:
    @routes.post("/models", status_code=201)
    async def register_model(request: RegisterRequest, asker: Writer) -> ModelVersion:
        made = await models.register(asker.owner, request)
        after = {"version": made.version, "run": request.run, "alias": request.alias}
        await _note(store, asker, "model-register", made.model, after=after)
        return made

    @routes.put("/models/{name}/aliases/{alias}")
    async def set_alias(name: str, alias: str, request: AliasRequest, asker: Writer) -> ModelVersion:
        before = await models.aliased(asker.owner, name, alias)
        await models.set_alias(asker.owner, name, alias, request.version)
        after = {"version": request.version}
        await _note(store, asker, "model-alias", name, before=before, after=after, alias=alias)
        return await models.version(asker.owner, name, request.version)

    @routes.delete("/models/{name}/aliases/{alias}", status_code=204)
    async def remove_alias(name: str, alias: str, asker: Writer) -> None:
        before = await models.aliased(asker.owner, name, alias)
        await models.remove_alias(asker.owner, name, alias)
        if before:
            await _note(store, asker, "model-alias-remove", name, before=before, alias=alias)


async def _note(store: Store, asker: Asker, action: str, thing: str, **facts: Any) -> None:
    await store.write(audit.note, asker.name, asker.acting_for, action, thing, **facts)
