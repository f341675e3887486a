"""The commands, put together."""

import typer

from notebench.cli import deployments, models, runs, schedules, sessions
from notebench.words import say

app = typer.Typer(
    name="notebench",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help=say("Notebench: notebooks, experiments, models and endpoints."),
)

app.command("run", help=say("Run a notebook once."))(runs.run)
app.command("runs", help=say("List notebook runs, or show one."))(runs.runs)
app.command("schedule", help=say("Run a notebook at fire times."))(schedules.schedule)
app.add_typer(schedules.app, name="schedules")
app.command("register", help=say("Register a model that an MLflow run logged."))(models.register)
app.command("models", help=say("List registered models, or show one."))(models.models)
app.command("deploy", help=say("Serve a model version at an endpoint."))(deployments.deploy)
app.command("deployments", help=say("List deployments, or show or change one."))(deployments.deployments)
app.command("predict", help=say("Ask the model behind an endpoint."))(deployments.predict)
app.add_typer(sessions.app, name="sessions")
