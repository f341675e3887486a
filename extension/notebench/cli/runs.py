"""`notebench run` and `notebench runs`."""

from typing import Annotated

import typer

from notebench.cli.edge import (
    FAILED,
    For,
    Image,
    Json,
    Parameters,
    Profile,
    Wait,
    complain,
    edge,
    moment,
    print_json,
    print_table,
)  # fmt: skip
from notebench.cli.values import parameters
from notebench.client import Client
from notebench.contract.runs import FINAL_STATES, Run, RunRequest, RunState
from notebench.names import home_path
from notebench.progress import watching
from notebench.waiting import run_words, wait_for_run
from notebench.words import say

Notebook = Annotated[str, typer.Argument(help=say("Path of the notebook in your files on Notebench."))]


@edge
def run(
    notebook: Notebook,
    *,
    parameter: Parameters = None,
    image: Image = "",
    profile: Profile = "",
    timeout: Annotated[
        int, typer.Option("--timeout", min=1, help=say("Seconds that the run may take."))
    ] = 86_400,
    wait: Wait = False,
    acting_for: For = "",
    as_json: Json = False,
) -> None:
    """Run a notebook once; with --wait the exit code says how it went."""
    client = Client(acting_for=acting_for)
    request = RunRequest(
        notebook=home_path(notebook),
        parameters=parameters(parameter),
        image=image,
        profile=profile,
        timeout_seconds=timeout,
    )
    found = client.runs.start(request)
    if wait:
        with watching(say("Running {notebook}", notebook=found.notebook)) as show:
            found = wait_for_run(client, found, show)
    _show(found, as_json)
    if found.state in FINAL_STATES and found.state is not RunState.succeeded:
        raise typer.Exit(FAILED)


@edge
def runs(
    run: Annotated[str, typer.Argument(metavar="[ID]", help=say("Show this run."))] = "",
    *,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help=say("How many to list."))] = 20,
    cancel: Annotated[bool, typer.Option("--cancel", help=say("Cancel the run."))] = False,
    wait: Wait = False,
    acting_for: For = "",
    as_json: Json = False,
) -> None:
    """List notebook runs, newest first, or show, await or cancel one."""
    if not run and (cancel or wait):
        raise typer.BadParameter(say("Say which run: notebench runs ID"))
    client = Client(acting_for=acting_for)
    if not run:
        return _list(client.runs.list(limit), as_json)
    found = client.runs.cancel(run) if cancel else client.runs.get(run)
    if wait:
        with watching(say("Running {notebook}", notebook=found.notebook)) as show:
            found = wait_for_run(client, found, show)
    _show(found, as_json)
    if wait and found.state is not RunState.succeeded:
        raise typer.Exit(FAILED)
    return None


def _list(found: list[Run], as_json: bool) -> None:
    if as_json:
        return print_json(found)
    rows = [(r.id, r.notebook, run_words(r), moment(r.created), r.image, r.profile) for r in found]
    columns = (say("Run"), say("Notebook"), say("State"), say("Created"), say("Image"), say("Profile"))
    return print_table(columns, rows, say("There are no notebook runs yet."))


def _show(found: Run, as_json: bool) -> None:
    if as_json:
        return print_json(found)
    print(f"{found.id}  {found.notebook}  {run_words(found)}")
    if found.output:
        print(say("Output: {path}", path=found.output))
    if found.failure:
        where = say("Cell {number}:", number=found.failure.index + 1)
        complain("", where, *found.failure.source.splitlines(), "", *found.failure.traceback)
    return None
