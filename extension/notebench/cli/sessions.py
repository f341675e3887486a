"""`notebench sessions`."""

import time
from typing import Annotated

import typer

from notebench.cli.edge import For, Image, Json, Profile, Wait, edge, moment, print_json, print_table
from notebench.client import Client
from notebench.contract.errors import NotebenchError
from notebench.progress import watching
from notebench.waiting import state_word
from notebench.words import say

app = typer.Typer(no_args_is_help=True, help=say("Start, stop and list sessions."))
Server = Annotated[str, typer.Argument(metavar="[SERVER]", help=say("Name of the server; the default one."))]
_START_SECONDS = 300.0


@app.command(help=say("Start a session."))
@edge
def start(
    server: Server = "",
    *,
    image: Image = "",
    profile: Profile = "",
    wait: Wait = False,
    acting_for: For = "",
    as_json: Json = False,
) -> None:
    """Start a session."""
    client = Client(acting_for=acting_for)
    client.sessions.start(server, image=image, profile=profile, acting_for=acting_for)
    if wait:
        _await(client, server)
    found = client.sessions.server(server)
    if as_json:
        return print_json(found)
    print(f"{client.transport.address.hub.rstrip('/')}{found.get('url', '')}")
    return None


@app.command(help=say("Stop a session."))
@edge
def stop(server: Server = "", acting_for: For = "", as_json: Json = False) -> None:
    """Stop a session."""
    Client(acting_for=acting_for).sessions.stop(server)
    if as_json:
        print_json({"server": server, "stopped": True})


@app.command("list", help=say("List sessions."))
@edge
def list_sessions(acting_for: For = "", as_json: Json = False) -> None:
    """List sessions, newest first."""
    found = Client(acting_for=acting_for).sessions.list()
    if as_json:
        return print_json(found)
    rows = [
        (s.server or "-", state_word(s.state), s.acting_for, f"{s.image} {s.version}", s.profile,
         moment(s.started), s.reason)
        for s in found
    ]  # fmt: skip
    columns = (
        say("Server"),
        say("State"),
        say("Acts for"),
        say("Image"),
        say("Profile"),
        say("Started"),
        say("Reason"),
    )
    return print_table(columns, rows, say("There are no sessions yet."))


def _await(client: Client, server: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    with watching(say("Starting a session")) as show:
        while time.monotonic() < deadline:
            found = client.sessions.server(server)
            if found.get("ready"):
                return show(say("ready"), 1.0)
            if not found.get("pending"):
                break
            show(say("starting"))
            time.sleep(0.5)
    raise NotebenchError(
        "The session did not start.", "See why: notebench sessions list", code="session-failed"
    )
