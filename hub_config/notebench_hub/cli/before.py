"""What happens before the parts start: with separate accounts as a command of its own, which root has run.

It runs with the account of the parts, because what it reads is written by them. Progress goes to the standard
output as JSON lines, everything for people to the standard error.
"""

from typing import Annotated

import typer

from notebench_hub.cli import commands
from notebench_hub.cli.edge import StateDir, edge, place_of, say
from notebench_hub.cli.images import build_default_image
from notebench_hub.cli.steps import Lines, Telling
from notebench_hub.cli.upgrade import upgrade_state
from notebench_hub.i18n import _
from notebench_hub.place import Place
from notebench_hub.settings import Settings, load
from notebench_hub.supervisor import records
from notebench_hub.supervisor.claim import AlreadyRuns, claimed

COMMAND = "before-up"
ALREADY_RUNS = 75


def clear_and_upgrade(place: Place, settings: Settings, steps: Telling, *, backup: bool) -> None:
    """End what an earlier start left behind, and bring an older state up to date. With the place claimed."""
    steps.say(_("Looking for what an earlier start left behind"))
    for name in records.end_leftovers(place):
        say(_("Ended {part}, left over from a supervisor that was killed.", part=name))
    upgrade_state(place, settings, steps, backup=backup)


@commands.command(COMMAND, hidden=True)
@edge
def before_up(
    without_backup: Annotated[bool, typer.Option("--without-backup")] = False,
    without_image: Annotated[bool, typer.Option("--without-image")] = False,
    only_leftovers: Annotated[bool, typer.Option("--only-leftovers")] = False,
    state_dir: StateDir = None,
) -> None:
    """Leftovers, upgrade, default image. Exit code 75 where a supervisor runs that owns all this."""
    place = place_of(state_dir)
    settings = load(place)
    try:
        with claimed(place):
            if only_leftovers:
                for name in records.end_leftovers(place):
                    Lines().say(name)
                return
            clear_and_upgrade(place, settings, Lines(), backup=not without_backup)
            if not without_image:
                build_default_image(place, Lines())
    except AlreadyRuns:
        raise typer.Exit(ALREADY_RUNS) from None
