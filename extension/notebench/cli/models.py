"""`notebench register` and `notebench models`."""

from typing import Annotated

import typer

from notebench.cli.edge import For, Json, edge, moment, print_json, print_table
from notebench.client import Client
from notebench.contract.tracking import RegisteredModel, RegisterRequest
from notebench.words import say


@edge
def register(
    name: Annotated[str, typer.Argument(metavar="NAME", help=say("Name of the registered model."))],
    *,
    run: Annotated[str, typer.Option("--run", help=say("Id of the MLflow run that logged the model."))],
    model: Annotated[str, typer.Option("--model", help=say("Which one, where the run logged several."))] = "",
    alias: Annotated[str, typer.Option("--alias", help=say("Point this alias at the new version."))] = "",
    description: Annotated[str, typer.Option("--description", help=say("What people should know."))] = "",
    acting_for: For = "",
    as_json: Json = False,
) -> None:
    """Register a model that an MLflow run logged."""
    request = RegisterRequest(name=name, run=run, model=model, alias=alias, description=description)
    found = Client(acting_for=acting_for).models.register(request)
    print_json(found) if as_json else print(f"{found.model}/{found.version}")


@edge
def models(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help=say("Show this model's versions."))] = "",
    acting_for: For = "",
    as_json: Json = False,
) -> None:
    """List registered models, or one model's versions."""
    client = Client(acting_for=acting_for)
    if name:
        return _versions(client.models.get(name), as_json)
    found = client.models.list()
    if as_json:
        return print_json(found)
    rows = [(m.name, _newest(m), _aliases(m.aliases), moment(m.updated)) for m in found]
    columns = (say("Model"), say("Newest version"), say("Aliases"), say("Updated"))
    return print_table(columns, rows, say("There are no registered models yet."))


def _versions(model: RegisteredModel, as_json: bool) -> None:
    if as_json:
        return print_json(model)
    rows = [
        (v.version, ", ".join(v.aliases), moment(v.created), v.run, v.origin.notebook, v.origin.image)
        for v in model.versions
    ]
    columns = (
        say("Version"), say("Aliases"), say("Created"), say("MLflow run"), say("Notebook"), say("Image"),
    )  # fmt: skip
    return print_table(columns, rows, say("{model} has no versions.", model=model.name))


def _newest(model: RegisteredModel) -> str:
    return model.versions[0].version if model.versions else ""


def _aliases(aliases: dict[str, str]) -> str:
    return ", ".join(f"@{alias} → {version}" for alias, version in sorted(aliases.items()))
