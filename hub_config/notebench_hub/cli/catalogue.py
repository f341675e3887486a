"""`catalogue import`: from a KubeSpawner's list of profiles to a catalogue of Notebench."""

import sys
from io import StringIO
from pathlib import Path
from typing import Annotated

import typer
from notebench.contract.errors import Conflict, Unavailable
from notebench_spawner.catalogue.load import load
from ruamel.yaml import YAML

from notebench_hub.cli import commands
from notebench_hub.cli.edge import edge, say
from notebench_hub.i18n import _
from notebench_hub.profile_list import homes, source
from notebench_hub.profile_list.choices import Remarks
from notebench_hub.profile_list.convert import convert, written
from notebench_hub.profile_list.images import LOCK

group = typer.Typer(no_args_is_help=True, help=_("Images and hardware profiles."))
commands.add_typer(group, name="catalogue")

_NOTHING = "# What is in imported images is not known here.\n"


@group.command("import", help=_("Make a catalogue of a KubeSpawner's list of profiles."))
@edge
def import_profiles(
    file: Annotated[Path, typer.Argument(help=_("Values of Zero to JupyterHub, or the list itself."))],
    into: Annotated[
        Path | None, typer.Option("--into", help=_("File to write; else the standard output."))
    ] = None,
    claims: Annotated[
        Path | None,
        typer.Option("--claims", help=_("What `kubectl get pvc -o json` printed, for the homes.")),
    ] = None,
) -> None:
    """What could not be carried over, and the settings for homes, go to the standard error."""
    found = source.read(file)
    made, remarks = convert(found), Remarks()
    settings = homes.settings(found.singleuser, source.load(claims) if claims else None, remarks)
    text = written(made.document)
    if into is None:
        sys.stdout.write(text)
        say(_("Put an empty file {lock} beside it: what is in these images is not known.", lock=LOCK))
    else:
        _write(into, text)
    for line in (*made.remarks, *remarks.lines):
        say(f"- {line}")
    say(
        _(
            "All images are drafts: make each one of Notebench's (`notebench images adopt REF`), write its "
            "digest, then approve it."
        )
    )
    if settings:
        say(_("So that homes are found again, put this into the values of the chart:"))
        say(_yaml({"settings": {"kubernetes": settings}}))


def _write(into: Path, text: str) -> None:
    """The catalogue and its lock, neither over one that is there."""
    try:
        with into.open("x", encoding="utf-8") as opened:
            opened.write(text)
        lock = into.parent / LOCK
        if not lock.exists():
            lock.write_text(_NOTHING)
    except FileExistsError:
        raise Conflict("{file} is there already.", "Name another one with `--into`.", file=into) from None
    except OSError as problem:
        raise Unavailable(
            "{file} could not be written ({reason}).",
            "Name a place that can be written.",
            file=into,
            reason=problem.strerror,
        ) from None
    load(into)
    say(_("Wrote {file}.", file=into))


def _yaml(tree: object) -> str:
    out = StringIO()
    YAML().dump(tree, out)
    return out.getvalue().rstrip()
