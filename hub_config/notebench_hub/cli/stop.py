"""`down` and `restart`."""

import os
import signal
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from notebench.contract.errors import Conflict, NotFound, Refused, Unavailable
from notebench_spawner import processes
from notebench_spawner.workload import Kind

from notebench_hub.cli import commands, purge, separately
from notebench_hub.cli.edge import StateDir, edge, place_of, say
from notebench_hub.i18n import _
from notebench_hub.place import Place
from notebench_hub.separate import launching
from notebench_hub.separate.account import PartsAccount
from notebench_hub.supervisor import control, records
from notebench_hub.supervisor.claim import AlreadyRuns, claimed
from notebench_hub.supervisor.identity import Identity

_RESTART_SECONDS = 330.0
_DOWN_SECONDS = 90.0


@commands.command("down", help=_("End Notebench and everything it started on this machine."))
@edge
def down(
    yes: Annotated[bool, typer.Option("--yes", "-y", help=_("Do not ask, also when sessions live."))] = False,
    purge_all: Annotated[
        bool,
        typer.Option(
            "--purge", help=_("Then remove people's files, all data, and the system accounts made here.")
        ),
    ] = False,
    state_dir: StateDir = None,
) -> None:
    """Parts, sessions, notebook runs and model servers."""
    place = place_of(state_dir, as_root=True)
    if not place.root.exists():
        say(_("Nothing was started in {place} yet.", place=place.root))
        return
    if place.separate and os.geteuid() != 0:
        raise Refused(
            "The installation in {place} was begun by root, with a system account for each person.",
            "End it as root.",
            code="accounts-need-root",
            place=place.root,
        )
    if not yes:
        _ask(place)
        if purge_all:
            purge.confirm(place)
    if _end(place):
        say(_("Notebench has ended, and so has everything it started."))
    else:
        say(_("Nothing runs in {place}.", place=place.root))
    if purge_all:
        purge.remove(place)


def _end(place: Place) -> bool:
    """End everything; whether anything ran. The launcher goes last: it ends people's processes."""
    answer = control.ask(place, "down")
    if answer is not None:
        _wait_for(Identity.of(int(answer["view"]["pid"])), place)
    ended = answer is not None or (_end_separate(place) if place.separate else _end_shared(place))
    return (place.separate and launching.end(place)) or ended


def _end_shared(place: Place) -> bool:
    try:
        with claimed(place):
            return bool([*records.end_leftovers(place), *processes.end_all(place.workloads)])
    except AlreadyRuns:
        return _end_without_socket(place)


def _end_separate(place: Place) -> bool:
    """The parts' leftovers with their account, people's processes as root."""
    try:
        ended = separately.end_leftovers(place, PartsAccount.of(place))
    except AlreadyRuns:
        return _end_without_socket(place)
    return bool([*ended, *processes.end_all(place.workloads)])


def _end_without_socket(place: Place) -> bool:
    """Who owns the state directory does not listen: it is just starting, or its socket was removed."""
    supervisor = records.read(place).get(records.SUPERVISOR)
    if supervisor and supervisor.alive() and _has_account(supervisor.pid, place.owner()):
        os.kill(supervisor.pid, signal.SIGTERM)
        _wait_for(supervisor, place)
    return True


def _has_account(pid: int, account: int) -> bool:
    """The record is the parts' word; root must not be led to end what is somebody else's."""
    return Path(f"/proc/{pid}").stat().st_uid == account if Path("/proc/self").exists() else True


def _ask(place: Place) -> None:
    """Ask before living workloads are ended. Raises Conflict where nobody can be asked."""
    living = processes.running(place.workloads)
    if not living:
        return
    say(_("These live and will be ended:"))
    for folder in living:
        say("  " + _words(folder))
    if not sys.stdin.isatty():
        raise Conflict("Sessions or runs live.", "Say `notebench down --yes` to end them as well.")
    if not typer.confirm(_("End them all?"), err=True):
        raise typer.Exit(1)


def _words(folder: Path) -> str:
    """One line about a workload: what it is and whose."""
    known = processes.read_note(folder)
    if known is None:
        return folder.name
    match known.kind:
        case Kind.session:
            return _("session of {user}", user=known.user)
        case Kind.run:
            return _("notebook run of {user}", user=known.user)
        case Kind.model_server:
            return _("model server of {user}", user=known.user)


def _wait_for(supervisor: Identity, place: Place) -> None:
    limit = time.monotonic() + _DOWN_SECONDS
    while supervisor.alive():
        if time.monotonic() > limit:
            raise Unavailable(
                "The supervisor (pid {pid}) has not ended after {seconds} s.",
                "Look at {log}; `kill -9 {pid}` and `notebench down` end the rest.",
                pid=supervisor.pid,
                seconds=round(_DOWN_SECONDS),
                log=place.logs,
            )
        time.sleep(0.1)


@commands.command("restart", help=_("Start one part anew, or all; sessions and runs go on."))
@edge
def restart(
    part: Annotated[
        str | None, typer.Argument(help=_("proxy, hub, mlflow or service; all by default"))
    ] = None,
    state_dir: StateDir = None,
) -> None:
    """Return once the part answers again."""
    place = place_of(state_dir)
    found = control.view(place)
    if found is None:
        raise Unavailable(
            "Notebench does not run in {place}.", "Start it with `notebench up`.", place=place.root
        )
    known = [one.name for one in found.parts]
    if part is not None and part not in known:
        raise NotFound(
            "There is no part {part}.", "The parts are: {parts}.", part=part, parts=", ".join(known)
        )
    for name in [part] if part else known:
        say(_("Restarting {part}", part=name))
        control.ask(place, "restart", timeout=_RESTART_SECONDS, part=name)
        say(_("{part} answers again.", part=name))
