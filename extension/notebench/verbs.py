"""The panels' verbs for notebooks and programs: what `import notebench` offers."""

import os
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from notebench.body import Table, invocation_body
from notebench.client import Client
from notebench.contract.deployments import Deployment, DeployRequest, Observed
from notebench.contract.errors import NotAllowed, NotebenchError, Refused
from notebench.contract.runs import Run, RunRequest, RunState, Schedule, ScheduleRequest
from notebench.contract.sessions import SessionHere
from notebench.contract.tracking import ModelVersion, RegisteredModel, RegisterRequest
from notebench.names import deployment_name, home_path, model_reference
from notebench.progress import watching
from notebench.waiting import wait_for_deployment, wait_for_run
from notebench.whereabouts import session_here
from notebench.words import say

_READY_SECONDS = 300.0  # how long a model may take to answer before `deploy` stops waiting


def here() -> SessionHere:
    """Where this program runs: user, what it acts for, image, profile and added packages."""
    return session_here()


def register(
    name: str, run: Any = None, *, model: str = "", alias: str = "", description: str = ""
) -> ModelVersion:
    """Register a model that a run logged: its id, the run, what `log_model` returned, or the last run."""
    found, logged = _logged(run)
    request = RegisterRequest(
        name=name, run=found, model=model or logged, alias=alias, description=description
    )
    if os.environ.get("NOTEBENCH_RUN_ID"):
        from notebench.tracking.registering import register_in_run

        return register_in_run(request)
    return _client().models.register(request)


def deploy(
    model: str,
    name: str = "",
    *,
    image: str = "",
    profile: str = "",
    replicas: int = 1,
    wait: bool = True,
    acting_for: str = "",
) -> Deployment:
    """Serve `MODEL`, `MODEL/version` or `MODEL@alias` at an endpoint and wait until it answers.

    Raises NotebenchError where the model does not load; the deployment stays for you to look at.
    """
    client = _client(acting_for)
    wanted, version = model_reference(model)
    request = DeployRequest(model=wanted, version=version, image=image, profile=profile, replicas=replicas)
    found = client.deployments.deploy(name or deployment_name(wanted), request)
    if not wait:
        return found
    with watching(say("Deploying {name}", name=found.name)) as show:
        found = wait_for_deployment(client, found, show, _READY_SECONDS)
    if found.observed is not Observed.ready:
        raise NotebenchError(
            "{name} does not answer: {reason}",
            "See its logs: notebench deployments {name} --logs",
            code="deployment-not-ready",
            name=found.name,
            reason=found.reason or found.observed,
        )
    return found


def predict(name: str, data: Table, *, params: Mapping[str, Any] | None = None, acting_for: str = "") -> Any:
    """What a model answers to a data frame, an array, records or a body of MLflow's.

    `name` is a deployment's name or its endpoint's address; in a notebook run only the address will do.
    """
    body = invocation_body(data, params)
    try:
        answer = _client(acting_for).deployments.invoke(name, body)
    except NotAllowed as error:
        if "/endpoints/" in name or not os.environ.get("NOTEBENCH_RUN_ID"):
            raise
        raise NotAllowed(
            "A notebook run cannot look up the endpoint {name}.",
            "Give it the endpoint's address, for example as a parameter; see: notebench deployments {name}",
            code="endpoint-by-name",
            name=name,
        ) from error
    return answer.get("predictions", answer) if isinstance(answer, dict) else answer


def run(
    notebook: str | Path,
    parameters: Mapping[str, Any] | None = None,
    *,
    image: str = "",
    profile: str = "",
    wait: bool = True,
    acting_for: str = "",
) -> Run:
    """Run a notebook with parameters, beside this one, and wait until it has ended.

    Raises NotebenchError, naming the cell, where it does not succeed.
    """
    client = _client(acting_for)
    request = RunRequest(
        notebook=home_path(notebook), parameters=dict(parameters or {}), image=image, profile=profile
    )
    found = client.runs.start(request)
    if not wait:
        return found
    with watching(say("Running {notebook}", notebook=Path(found.notebook).name)) as show:
        found = wait_for_run(client, found, show)
    if found.state is not RunState.succeeded:
        raise NotebenchError(
            "{notebook} did not succeed: {reason}",
            "See what it wrote: {output}",
            code="run-not-succeeded",
            notebook=found.notebook,
            reason=found.reason or found.state,
            output=found.output or found.url,
        )
    return found


def schedule(
    notebook: str | Path,
    cron: str,
    *,
    timezone: str = "UTC",
    parameters: Mapping[str, Any] | None = None,
    name: str = "",
    image: str = "",
    profile: str = "",
    acting_for: str = "",
) -> Schedule:
    """Run a notebook at the fire times of a cron expression, whether or not a session of yours is running."""
    path = home_path(notebook)
    request = ScheduleRequest(
        name=name or Path(path).stem,
        notebook=path,
        cron=cron,
        timezone=timezone,
        parameters=dict(parameters or {}),
        image=image,
        profile=profile,
    )
    return _client(acting_for).schedules.create(request)


def schedules(*, acting_for: str = "") -> list[Schedule]:
    """The schedules of what this program acts for."""
    return _client(acting_for).schedules.list()


def runs(limit: int = 50, *, acting_for: str = "") -> list[Run]:
    """The newest notebook runs of what this program acts for."""
    return _client(acting_for).runs.list(limit)


def models(*, acting_for: str = "") -> list[RegisteredModel]:
    """The registered models of what this program acts for."""
    return _client(acting_for).models.list()


def deployments(*, acting_for: str = "") -> list[Deployment]:
    """The deployments of what this program acts for."""
    return _client(acting_for).deployments.list()


def _client(acting_for: str = "") -> Client:
    return _kept(acting_for, os.getpid())


@cache
def _kept(acting_for: str, pid: int) -> Client:
    del pid  # part of the key: a forked process must not share its parent's connections
    return Client(acting_for=acting_for)


def _logged(run: Any) -> tuple[str, str]:
    """Id of an MLflow run and the name of its model, if `run` says that."""
    if isinstance(run, str) and run:
        return run, ""
    if run is None:
        mlflow = sys.modules.get("mlflow")
        run = mlflow.last_active_run() if mlflow else None
    if info := getattr(run, "info", None):
        return str(info.run_id), ""
    if run_id := getattr(run, "run_id", None):
        return str(run_id), str(getattr(run, "name", "") or "")
    raise Refused(
        "This program has no MLflow run yet whose model could be registered.",
        "Pass the run: notebench.register(name, run_id).",
        code="run-missing",
    )
