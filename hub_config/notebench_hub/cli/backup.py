"""`backup`, `verify` and `restore`: everything in one file and back."""

import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from notebench_hub.backup.look import Finding
from notebench_hub.backup.read import Contents
from notebench_hub.backup.restore import CATALOGUE_FOLDER
from notebench_hub.backup.restore import restore as put_back
from notebench_hub.backup.restore import verify as look_into
from notebench_hub.backup.write import Wish, write
from notebench_hub.cli import commands
from notebench_hub.cli.edge import FAILED, StateDir, edge, place_of, say
from notebench_hub.cli.steps import Steps
from notebench_hub.databases import on_servers
from notebench_hub.i18n import _
from notebench_hub.settings import load

File = Annotated[Path, typer.Argument(help=_("The backup's file."), show_default=False)]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help=_("Say nothing but what is wrong; for scheduled use."))
]


@commands.command("backup", help=_("Write everything that must not be lost into one file, while it runs."))
@edge
def backup(
    file: File,
    homes: Annotated[bool, typer.Option("--homes", help=_("People's files as well."))] = False,
    quiet: Quiet = False,
    state_dir: StateDir = None,
) -> None:
    """Exit code 0 when the file is whole and on disk; else there is no such file."""
    place = place_of(state_dir, as_root=True)  # it reads all homes, and writes where root may
    settings = load(place)
    wish = Wish(homes=homes, catalogue=settings.catalogue, elsewhere=on_servers(settings))
    with _bar(quiet) as bar:
        done = write(place, file.absolute(), wish, _told(bar, _("Copying {file}")))
    for line in done.notes:
        say(line)
    if not quiet:
        size, waited = _size(done.size), round(done.waited * 1000)
        sys.stdout.write(
            _("{file}: {size}, {count} members.", file=file, size=size, count=done.members) + "\n"
        )
        say(
            _(
                "While the databases were held still, writers waited for {milliseconds} ms.",
                milliseconds=waited,
            )
        )
        say(_("It holds secrets, and is readable by your account only. Keep it like a password."))
        if not homes:
            say(_("People's files are not in it: `--homes` takes them along."))


@commands.command("verify", help=_("Say what is in a backup and whether it is whole."))
@edge
def verify(file: File, quiet: Quiet = False) -> None:
    """Exit code 0 when nothing is wrong with it, 1 when something is, 3 when it is damaged."""
    with _bar(quiet) as bar:
        contents, findings = look_into(file.absolute(), _told(bar, _("Checking {file}")))
    _report(contents, findings, quiet=quiet)
    if not all(finding.fine for finding in findings):
        raise typer.Exit(FAILED)


@commands.command("restore", help=_("Put a backup into an empty state directory."))
@edge
def restore(file: File, quiet: Quiet = False, state_dir: StateDir = None) -> None:
    """All of it or nothing."""
    place = place_of(state_dir, as_root=True)
    with _bar(quiet) as bar:
        contents, findings = put_back(file.absolute(), place, _told(bar, _("Restoring {file}")))
    _report(contents, findings, quiet=quiet)
    if quiet:
        return
    sys.stdout.write(_("Restored into {place}.", place=place.root) + "\n")
    if (place.root / CATALOGUE_FOLDER).exists():
        say(
            _(
                "Its own catalogue lies in {folder}; let `catalogue` in settings.yaml name where it is here.",
                folder=place.root / CATALOGUE_FOLDER,
            )
        )
    if contents.header.elsewhere:
        say(
            _(
                "The records of {parts} are on a PostgreSQL server: put their dump of that time back first, "
                "and let settings.yaml name it. Two installations must not share one.",
                parts=", ".join(contents.header.elsewhere),
            )
        )
    say(_("Start it with `notebench up`."))


def _bar(quiet: bool) -> AbstractContextManager[Steps | None]:
    return nullcontext() if quiet else Steps(1)


def _told(bar: Steps | None, template: str) -> "_Told":
    return _Told(bar, template)


class _Told:
    """Progress on a terminal; one line for each kind of thing elsewhere."""

    def __init__(self, bar: Steps | None, template: str) -> None:
        self._bar, self._template = bar, template
        self._live = sys.stderr.isatty()

    def __call__(self, name: str, part: float) -> None:
        if self._bar:
            shown = name if self._live else "/".join(name.split("/")[:2])
            self._bar.say(self._template.format(file=shown), part)


def _report(contents: Contents, findings: list[Finding], *, quiet: bool) -> None:
    if not quiet:
        header = contents.header
        version = header.versions.get("notebench-hub", "?")
        _line(True, _("Made {moment} by Notebench {version}.", moment=header.created, version=version))
        total = sum(entry.size for entry in contents.entries.values())
        count = len(contents.entries)
        _line(
            True, _("All {count} members are as they were written, {size}.", count=count, size=_size(total))
        )
        for note in header.notes:
            _line(True, note)
    for finding in findings:
        if not (quiet and finding.fine):
            _line(finding.fine, _(finding.template, **finding.values))


def _line(fine: bool, text: str) -> None:
    sys.stdout.write(("ok    " if fine else "WRONG ") + text + "\n")


def _size(count: int) -> str:
    return f"{count / 2**20:.1f} MiB" if count < 2**30 else f"{count / 2**30:.1f} GiB"
