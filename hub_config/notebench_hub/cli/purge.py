"""`down --purge`: removes what an installation made, and nothing else."""

import os
import shutil
import sys
from pathlib import Path

import typer
from notebench.contract.errors import Conflict
from notebench_spawner import limits
from notebench_spawner.catalogue import trees
from notebench_spawner.launcher.accounts import remove_accounts

from notebench_hub.cli.edge import say
from notebench_hub.i18n import _
from notebench_hub.place import Place
from notebench_hub.separate.layout import HOME, OTHER_FOLDERS

_FILES = (
    *("instance.json", "supervisor.lock", "up.lock", "settings.yaml"),
    *("launcher.json", "launcher.log", "launcher.lock", "accounts.json", "accounts.lock"),
)


def confirm(place: Place) -> None:
    """Ask for the word itself: there is no way back. Raises Conflict where nobody can be asked."""
    homes = sum(1 for _home in place.homes.iterdir()) if place.homes.is_dir() else 0
    say(
        _(
            "This removes {place}: the files of {count} people, all experiments and models.",
            place=place.root,
            count=homes,
        )
    )
    if not sys.stdin.isatty():
        raise Conflict(
            "Nobody can be asked here.", "Say `notebench down --purge --yes`.", code="purge-unasked"
        )
    if typer.prompt(_("Type the word purge to go on"), err=True) != "purge":
        raise typer.Exit(1)


def remove(place: Place) -> None:
    """To be called when nothing runs. What somebody else put into the state directory stays, and is named."""
    limits.forget(place.workloads)
    for account in remove_accounts(place.root) if place.separate else ():
        say(_("Removed the system account {account}.", account=account))
    if place.sockets.parent != place.root:
        shutil.rmtree(place.sockets, ignore_errors=True)
    for folder in _folders(place):
        trees.remove(folder)
    for name in _FILES:
        (place.root / name).unlink(missing_ok=True)
    left = sorted(one.name for one in place.root.iterdir())
    if left:
        say(
            _(
                "Left in {place}, because Notebench did not make it: {names}",
                place=place.root,
                names=", ".join(left),
            )
        )
        return
    place.root.rmdir()
    say(_("Removed {place}.", place=place.root))


def _folders(place: Place) -> list[Path]:
    own = (place.hub, place.service, place.mlflow, place.homes, place.workloads, place.logs)
    more = (place.root / name for name in ("run", "tmp", HOME, "environments", *OTHER_FOLDERS))
    return [folder for folder in (*own, place.launcher_sockets, *more) if os.path.lexists(folder)]
