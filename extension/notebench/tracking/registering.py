"""Registering from a notebook run: straight to MLflow, the only thing that a run's token opens."""

from typing import Any

from notebench.contract.errors import Refused
from notebench.contract.tracking import ModelVersion, RegisterRequest


def register_in_run(request: RegisterRequest) -> ModelVersion:
    """Register a logged model through MLflow's client. Raises Refused where it is unclear which one."""
    import mlflow

    client = mlflow.MlflowClient()
    source = _source(client, request)
    found = client_version(mlflow.register_model(source, request.name))
    if request.description:
        client.update_model_version(request.name, found.version, request.description)
    if request.alias:
        client.set_registered_model_alias(request.name, request.alias, found.version)
    return found.model_copy(
        update={"description": request.description, "aliases": [request.alias] if request.alias else []}
    )


def client_version(version: Any) -> ModelVersion:
    """MLflow's model version in the contract's words."""
    return ModelVersion(
        model=version.name,
        version=str(version.version),
        status=str(version.status),
        run=version.run_id or "",
        source=version.source or "",
    )


def _source(client: Any, request: RegisterRequest) -> str:
    """The address of the logged model that is meant: the only one, or the one of that name."""
    outputs = client.get_run(request.run).outputs
    logged = [
        client.get_logged_model(output.model_id) for output in (outputs.model_outputs if outputs else [])
    ]
    meant = [model for model in logged if not request.model or model.name == request.model]
    if len(meant) == 1:
        return f"models:/{meant[0].model_id}"
    if not meant:
        raise Refused(
            "The MLflow run {run} has logged no such model.",
            "Log one first: mlflow.sklearn.log_model(model).",
            code="model-unknown",
            run=request.run,
        )
    raise Refused(
        "The MLflow run {run} has logged several models: {names}.",
        "Say which: notebench.register(name, run, model=...).",
        code="model-unclear",
        run=request.run,
        names=", ".join(model.name for model in meant),
    )
