"""`notebench schedule` and `notebench schedules`."""

from pathlib import PurePosixPath
from typing import Annotated

import typer

from notebench.cli.edge import For, Image, Json, Parameters, Profile, edge, moment, print_json, print_table
from notebench.cli.runs import Notebook
from notebench.cli.values import parameters
from notebench.client import Client
from notebench.contract.runs import Schedule, ScheduleRequest
from notebench.names import home_path
from notebench.words import say

app = typer.Typer(help=say("List schedules; pause, resume, run or delete one."))
Id = Annotated[str, typer.Argument(metavar="ID", help=say("Id of the schedule."))]


@edge
def schedule(
    notebook: Notebook,
    *,
    cron: Annotated[str, typer.Option("--cron", help=say("Five fields, as in crontab: 0 6 * * 1-5"))],
    timezone: Annotated[
        str, typer.Option("--timezone", help=say("Time zone, for example Europe/Berlin."))
    ] = "UTC",
    parameter: Parameters = None,
    name: Annotated[str, typer.Option("--name", help=say("Name; the notebook's by default."))] = "",
    image: Image = "",
    profile: Profile = "",
    acting_for: For = "",
    as_json: Json = False,
) -> None:
    """Run a notebook at fire times, whether or not a session is running."""
    path = home_path(notebook)
    request = ScheduleRequest(
        name=name or PurePosixPath(path).stem,
        notebook=path,
        cron=cron,
        timezone=timezone,
        parameters=parameters(parameter),
        image=image,
        profile=profile,
    )
    _show(Client(acting_for=acting_for).schedules.create(request), as_json)


@app.callback(invoke_without_command=True)
@edge
def list_schedules(context: typer.Context, acting_for: For = "", as_json: Json = False) -> None:
    """List schedules."""
    if context.invoked_subcommand:
        return None
    found = Client(acting_for=acting_for).schedules.list()
    if as_json:
        return print_json(found)
    rows = [(s.id, s.name, s.notebook, s.words, s.timezone, _next(s)) for s in found]
    columns = (
        say("Schedule"), say("Name"), say("Notebook"), say("Fires"), say("Time zone"), say("Next"),
    )  # fmt: skip
    return print_table(columns, rows, say("There are no schedules yet."))


@app.command(help=say("Let no further fire time start a run."))
@edge
def pause(schedule: Id, acting_for: For = "", as_json: Json = False) -> None:
    """Pause a schedule."""
    _show(Client(acting_for=acting_for).schedules.pause(schedule), as_json)


@app.command(help=say("Let fire times start runs again."))
@edge
def resume(schedule: Id, acting_for: For = "", as_json: Json = False) -> None:
    """Resume a schedule."""
    _show(Client(acting_for=acting_for).schedules.pause(schedule, paused=False), as_json)


@app.command("run", help=say("Run its notebook once, now."))
@edge
def run_now(schedule: Id, acting_for: For = "", as_json: Json = False) -> None:
    """Run a schedule's notebook now."""
    found = Client(acting_for=acting_for).schedules.run(schedule)
    print_json(found) if as_json else print(found.id)


@app.command(help=say("Remove it; its runs stay."))
@edge
def delete(schedule: Id, acting_for: For = "", as_json: Json = False) -> None:
    """Delete a schedule."""
    Client(acting_for=acting_for).schedules.delete(schedule)
    if as_json:
        print_json({"id": schedule, "deleted": True})


def _next(schedule: Schedule) -> str:
    return say("paused") if schedule.paused else moment(schedule.next_fire_time)


def _show(found: Schedule, as_json: bool) -> None:
    if as_json:
        return print_json(found)
    print(f"{found.id}  {found.name}  {found.words} ({found.timezone})")
    for line in [say("paused")] if found.paused else found.next_fires:
        print(f"  {line}")
    return None
