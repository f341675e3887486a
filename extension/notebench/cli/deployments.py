"""`notebench deploy`, `notebench deployments` and `notebench predict`."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from notebench.body import invocation_body
from notebench.cli.edge import (
    FAILED,
    For,
    Image,
    Json,
    Profile,
    Wait,
    complain,
    edge,
    print_json,
    print_table,
)  # fmt: skip
from notebench.client import Client
from notebench.contract.deployments import Deployment, DeployRequest, Desired, Observed
from notebench.contract.errors import Refused
from notebench.names import deployment_name, model_reference
from notebench.progress import watching
from notebench.waiting import state_word, wait_for_deployment
from notebench.words import say


@edge
def deploy(
    model: Annotated[str, typer.Argument(metavar="MODEL[/version|@alias]", help=say("What to serve."))],
    *,
    name: Annotated[
        str, typer.Option("--name", help=say("Name of the endpoint; the model's by default."))
    ] = "",
    image: Image = "",
    profile: Profile = "",
    replicas: Annotated[int, typer.Option("--replicas", min=1, max=8, help=say("How many servers."))] = 1,
    wait: Wait = False,
    seconds: Annotated[
        float, typer.Option("--seconds", min=1, help=say("How long --wait waits at most."))
    ] = 300,
    acting_for: For = "",
    as_json: Json = False,
) -> None:
    """Serve a model version at an endpoint; with --wait the exit code says whether it answers."""
    wanted, version = model_reference(model)
    client = Client(acting_for=acting_for)
    request = DeployRequest(model=wanted, version=version, image=image, profile=profile, replicas=replicas)
    found = client.deployments.deploy(name or deployment_name(wanted), request)
    if wait:
        with watching(say("Deploying {name}", name=found.name)) as show:
            found = wait_for_deployment(client, found, show, seconds)
    _show(found, as_json)
    if wait and found.observed is not Observed.ready:
        raise typer.Exit(FAILED)


@edge
def deployments(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help=say("Show this deployment."))] = "",
    *,
    stop: Annotated[bool, typer.Option("--stop", help=say("Stop it; its address stays."))] = False,
    start: Annotated[bool, typer.Option("--start", help=say("Start it again."))] = False,
    delete: Annotated[bool, typer.Option("--delete", help=say("Remove it with its address."))] = False,
    logs: Annotated[bool, typer.Option("--logs", help=say("Print what its model server printed."))] = False,
    acting_for: For = "",
    as_json: Json = False,
) -> None:
    """List deployments, or show, stop, start or delete one."""
    if stop + start + delete + logs > bool(name):
        raise typer.BadParameter(say("Name one deployment and at most one thing to do with it."))
    client = Client(acting_for=acting_for)
    if not name:
        return _list(client.deployments.list(), as_json)
    if delete:
        return client.deployments.delete(name)
    if logs:
        for line in client.deployments.logs(name):
            print(line)
        return None
    if stop or start:
        return _show(client.deployments.desire(name, Desired.stopped if stop else Desired.serving), as_json)
    return _show(client.deployments.get(name), as_json)


@edge
def predict(
    name: Annotated[str, typer.Argument(metavar="NAME", help=say("Name of the deployment."))],
    data: Annotated[Path, typer.Option("--data", help=say("JSON or CSV file; `-` for the standard input."))],
    acting_for: For = "",
    as_json: Json = False,
) -> None:
    """Ask the model behind an endpoint; prints its answer as JSON."""
    del as_json  # the answer is JSON in any case
    body = sys.stdin.buffer.read() if str(data) == "-" else _read(data)
    csv = data.suffix.lower() == ".csv"
    body = body if csv else _framed(body)
    client = Client(acting_for=acting_for)
    print_json(client.deployments.invoke(name, body, "text/csv" if csv else "application/json"))


def _framed(body: bytes) -> bytes:
    """Records and rows in one of MLflow's formats; anything else as it is, for the model server to judge."""
    try:
        found = json.loads(body)
        return invocation_body(found) if isinstance(found, list) else body
    except (ValueError, Refused):
        return body


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise typer.BadParameter(
            say("{file} cannot be read: {problem}.", file=file, problem=error.strerror)
        ) from None


def _list(found: list[Deployment], as_json: bool) -> None:
    if as_json:
        return print_json(found)
    rows = [
        (
            d.name,
            f"{d.model}/{d.version}",
            state_word(d.desired),
            state_word(d.observed),
            d.reason,
            d.endpoint,
        )
        for d in found
    ]
    columns = (
        say("Deployment"), say("Model"), say("Desired"), say("Observed"), say("Reason"), say("Endpoint"),
    )  # fmt: skip
    return print_table(columns, rows, say("There are no deployments yet."))


def _show(found: Deployment, as_json: bool) -> None:
    if as_json:
        return print_json(found)
    print(f"{found.name}  {found.model}/{found.version}  {state_word(found.observed)}")
    print(found.endpoint)
    complain(found.reason)
    return None
