"""Experiments, MLflow runs, metrics and artifacts of one owner, read from MLflow."""

import re
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import quote

import httpx
from notebench.contract.errors import NotAllowed, NotFound
from notebench.contract.tracking import (
    ArtifactEntry,
    Experiment,
    LoggedModel,
    MetricHistory,
    MlflowRun,
    MlflowRunList,
)

from notebench_hub.service.asker import Owner
from notebench_hub.service.mlflow_client.client import Mlflow, Standing
from notebench_hub.service.mlflow_client.workspaces import Access, Workspaces
from notebench_hub.service.relay import refuse_climbing
from notebench_hub.service.tracking import reading

Page = Callable[[str, str, str], str]
"""Room, record and acting word to the record's address."""
MOST_POINTS: Final = 1000
_MOST_EXPERIMENTS: Final = 1000
_MOST_MODELS: Final = 50


class Experiments:
    """What one owner has logged."""

    def __init__(self, mlflow: Mlflow, workspaces: Workspaces, page: Page) -> None:
        self._mlflow = mlflow
        self._workspaces = workspaces
        self._page = page

    async def every(self, owner: Owner) -> list[Experiment]:
        """The newest experiments, last touched first."""
        body = {"max_results": _MOST_EXPERIMENTS, "order_by": ["last_update_time DESC"]}
        answer = await self._ask(owner, "POST", "experiments/search", body)
        return [self._experiment(one, owner) for one in answer.get("experiments", [])]

    async def get(self, owner: Owner, experiment: str) -> Experiment:
        """One experiment. Raises NotFound, also for another owner's."""
        answer = await self._ask(owner, "GET", "experiments/get", {"experiment_id": experiment})
        return self._experiment(answer["experiment"], owner)

    async def runs(
        self, owner: Owner, experiment: str, *, words: str, order: list[str], limit: int, cursor: str
    ) -> MlflowRunList:
        """One page of an experiment's runs. Raises Refused with MLflow's words on a wrong filter."""
        if not re.fullmatch(r"[0-9]{1,18}", experiment):  # MLflow's search fails at too large a number
            await self.get(owner, experiment)
        body: dict[str, Any] = {
            "experiment_ids": [experiment],
            "filter": words,
            "order_by": order or ["attributes.start_time DESC"],
            "max_results": limit,
        }
        answer = await self._ask(
            owner, "POST", "runs/search", body | ({"page_token": cursor} if cursor else {})
        )
        found = answer.get("runs", [])
        if not found:  # MLflow finds nothing where there is no such experiment, too
            await self.get(owner, experiment)
        # Only runs with a model among their outputs have one to look up.
        logged = await self._models(owner, experiment, any(_has_models(one) for one in found))
        runs = [self._run(one, owner, logged[one["info"]["run_id"]]) for one in found]
        return MlflowRunList(runs=runs, next=answer.get("next_page_token", ""))

    async def run(self, owner: Owner, run: str) -> MlflowRun:
        """One run with the models it logged. Raises NotFound."""
        record = await self.record(owner, run)
        return self._run(record, owner, await self.models_of(owner, record))

    async def record(self, owner: Owner, run: str) -> reading.Record:
        """One run as MLflow says it."""
        answer = await self._ask(owner, "GET", "runs/get", {"run_id": run})
        record: reading.Record = answer["run"]
        return record

    async def models_of(self, owner: Owner, record: reading.Record) -> list[LoggedModel]:
        """The models that a run logged, oldest first."""
        info = record["info"]
        body = {
            "experiment_ids": [info["experiment_id"]],
            "filter": f"source_run_id = '{info['run_id']}'",
            "max_results": _MOST_MODELS,
            "order_by": [{"field_name": "creation_timestamp", "ascending": True}],
        }
        answer = await self._ask(owner, "POST", "logged-models/search", body)
        return [reading.logged_model(one) for one in answer.get("models", [])]

    async def history(self, owner: Owner, run: str, key: str) -> MetricHistory:
        """A metric's values, at most `MOST_POINTS`, evenly sampled over the steps."""
        asked = {"run_ids": run, "metric_key": key, "max_results": MOST_POINTS}
        answer = await self._ask(owner, "GET", "metrics/get-history-bulk-interval", asked)
        points = [reading.point(one) for one in answer.get("metrics", [])]
        if len(points) > MOST_POINTS:
            last = len(points) - 1
            points = [points[round(i * last / (MOST_POINTS - 1))] for i in range(MOST_POINTS)]
        return MetricHistory(key=key, points=points)

    async def artifacts(self, owner: Owner, run: str, path: str) -> list[ArtifactEntry]:
        """The files and folders of one folder of a run."""
        if path:
            refuse_climbing(path)
        answer = await self._ask(owner, "GET", "artifacts/list", {"run_id": run, "path": path})
        return [reading.artifact(one) for one in answer.get("files", [])]

    @asynccontextmanager
    async def artifact(self, owner: Owner, run: str, path: str) -> AsyncIterator[httpx.Response]:
        """A file of a run, as a streamed answer."""
        refuse_climbing(path)
        record = await self.record(owner, run)
        folder = record["info"]["artifact_uri"].removeprefix("mlflow-artifacts:/")
        wire = quote(f"{folder}/{path}")
        standing = await self._standing(owner)
        async with self._mlflow.download(
            standing, f"/api/2.0/mlflow-artifacts/artifacts/{wire}", {}
        ) as response:
            yield response

    async def _standing(self, owner: Owner) -> Standing:
        return (await self._workspaces.standing(owner, Access.read)).standing

    async def _ask(self, owner: Owner, method: str, path: str, said: dict[str, Any]) -> dict[str, Any]:
        standing = await self._standing(owner)
        query, body = (said, None) if method == "GET" else (None, said)
        try:
            return await self._mlflow.call(standing, method, f"2.0/mlflow/{path}", params=query, json=body)
        except (NotAllowed, NotFound) as error:
            # MLflow says "forbidden" of what is another workspace's; here it looks like what is not there.
            raise NotFound(
                "There is no such experiment or run here.",
                "Choose one from the list, and look for whom you act.",
                code="tracking-unknown",
            ) from error

    async def _models(self, owner: Owner, experiment: str, any_there: bool) -> dict[str, list[LoggedModel]]:
        found: dict[str, list[LoggedModel]] = defaultdict(list)
        if any_there:
            body = {"experiment_ids": [experiment], "max_results": MOST_POINTS}
            answer = await self._ask(owner, "POST", "logged-models/search", body)
            for one in answer.get("models", []):
                found[one["info"].get("source_run_id", "")].append(reading.logged_model(one))
        return found

    def _experiment(self, record: reading.Record, owner: Owner) -> Experiment:
        said = reading.experiment(record)
        return said.model_copy(update={"url": self._page("experiments", said.id, owner.acting_for)})

    def _run(self, record: reading.Record, owner: Owner, models: list[LoggedModel]) -> MlflowRun:
        said = reading.run(record, models)
        return said.model_copy(update={"url": self._page("mlflow-runs", said.id, owner.acting_for)})


def _has_models(record: reading.Record) -> bool:
    return bool(record.get("outputs", {}).get("model_outputs"))
