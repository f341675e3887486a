"""`status` and `logs`: what runs, and what it says."""

import sys
from importlib.metadata import version
from typing import Annotated

import typer
from notebench.contract.errors import NotFound
from notebench_spawner.warm import report
from rich.console import Console
from rich.table import Table

from notebench_hub.cli import commands
from notebench_hub.cli.edge import UNAVAILABLE, StateDir, edge, place_of, print_json, say
from notebench_hub.cli.words import for_whom, kept_ready, reason
from notebench_hub.i18n import _
from notebench_hub.place import Place
from notebench_hub.separate import launching
from notebench_hub.supervisor import control, embedded, logfiles, records
from notebench_hub.supervisor.view import PartView, Phase

_LINES = 200


@commands.command("status", help=_("Show which parts run and whether they answer."))
@edge
def status(
    as_json: Annotated[bool, typer.Option("--json", help=_("Print JSON for programs."))] = False,
    state_dir: StateDir = None,
) -> None:
    """Exit code 0 where every part is healthy, 4 otherwise."""
    place = place_of(state_dir)
    found = control.view(place)
    parts = found.parts if found else _without_supervisor(place)
    rows = [_row(part, supervised=found is not None) for part in parts]
    if place.separate:
        rows.append(_launcher(place))
    if as_json:
        print_json({"parts": rows, "warm": [_kept(one) for one in report.read(place.warm)]})
    else:
        _show(place, rows)
    raise typer.Exit(0 if all(row["healthy"] for row in rows) else UNAVAILABLE)


def _without_supervisor(place: Place) -> list[PartView]:
    """What is known from the records of a supervisor that is not there."""
    known = {name: identity for name, identity in records.read(place).items() if identity.alive()}
    return [
        PartView(
            name=name,
            phase=Phase.stopped,
            address="",
            version="",
            pid=known[name].pid if name in known else None,
        )
        for name in embedded.NAMES
    ]


def _row(part: PartView, *, supervised: bool) -> dict[str, object]:
    why = reason(part)
    if not supervised and part.pid:
        why = _("Its supervisor was killed; `notebench up` recovers.")
    return {
        "name": part.name,
        "healthy": part.healthy,
        "reason": why,
        "address": part.address,
        "version": part.version,
        "pid": part.pid,
    }


def _launcher(place: Place) -> dict[str, object]:
    """The launcher is no part: root started it, and it outlives them."""
    found = launching.find(place)
    healthy = found is not None and launching.answers(place)
    return {
        "name": launching.NAME,
        "healthy": healthy,
        "reason": ""
        if healthy
        else _("It does not answer: nothing can be started. `notebench up` recovers."),
        "address": f"unix:{place.launcher_socket}",
        "version": version("notebench-hub"),
        "pid": found.pid if found else None,
    }


def _kept(one: report.Kept) -> dict[str, object]:
    return {"kind": one.kind.value, "ready": one.ready, "wanted": one.wanted, "mib": one.mib}


def _show(place: Place, rows: list[dict[str, object]]) -> None:
    table = Table(_("Part"), _("State"), _("Address"), _("Version"), "pid", box=None, pad_edge=False)
    for row in rows:
        state = _("healthy") if row["healthy"] else str(row["reason"])
        table.add_row(
            str(row["name"]), state, str(row["address"]), str(row["version"]), str(row["pid"] or "")
        )
    Console(highlight=False, markup=False).print(table)
    if all(row["healthy"] for row in rows):
        sys.stdout.write(_("Notebench: {address}", address=place.instance().public_url) + "\n")
    for one in report.read(place.warm):
        sys.stdout.write(kept_ready(one) + "\n")
    say(for_whom(place))


@commands.command("logs", help=_("Show what a part, or every part, has written."))
@edge
def logs(
    part: Annotated[str | None, typer.Argument(help=_("A part, `supervisor` or `images`."))] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help=_("Go on as more is written."))] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help=_("How many lines."))] = _LINES,
    state_dir: StateDir = None,
) -> None:
    """The end of the log files, each line with its part where there are several."""
    place = place_of(state_dir)
    files = {
        name: place.logs / f"{name}.log" for name in (*embedded.NAMES, records.SUPERVISOR, embedded.HELPER)
    }
    if place.separate:
        files[launching.NAME] = launching.log_file(place)
    known = tuple(files)
    if part is not None and part not in known:
        raise NotFound(
            "There is no part {part}.", "The parts are: {parts}.", part=part, parts=", ".join(known)
        )
    names = [part] if part else [name for name in known if files[name].exists()]
    for name in names:
        for line in logfiles.tail(files[name], lines):
            _line(name, line, many=part is None)
    if follow:
        for name, line in logfiles.follow_many({name: files[name] for name in names}):
            _line(name, line, many=part is None)


def _line(name: str, line: str, *, many: bool) -> None:
    sys.stdout.write(f"{name:<10} {line}\n" if many else f"{line}\n")
    sys.stdout.flush()
