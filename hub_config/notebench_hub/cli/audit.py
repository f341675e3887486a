"""`audit`: who did what, read from the store itself, whether or not anything runs."""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer
from notebench.contract.audit import AuditEntry
from notebench.contract.errors import NotFound, Refused
from rich.console import Console
from rich.table import Table
from rich.text import Text

from notebench_hub.audit_words import ACTIONS, in_words
from notebench_hub.cli import commands
from notebench_hub.cli.edge import FAILED, StateDir, edge, place_of, say
from notebench_hub.databases import on_servers
from notebench_hub.i18n import _
from notebench_hub.place import Place
from notebench_hub.service.store import Store, audit_pages, audit_reading, store_of
from notebench_hub.service.store.opening import FILE
from notebench_hub.settings import load

_AT_ONCE = 500


@commands.command(
    "audit", help=_("Show who did what, newest first; or check that nothing of it was changed.")
)
@edge
def audit(
    *,
    who: Annotated[str, typer.Option("--who", help=_("Who did it."))] = "",
    whom: Annotated[str, typer.Option("--whom", help=_("Whom it concerns."))] = "",
    what: Annotated[str, typer.Option("--what", help=_("The action, for example token-make."))] = "",
    thing: Annotated[str, typer.Option("--thing", help=_("Id or name of what it was done to."))] = "",
    project: Annotated[str, typer.Option("--project", help=_("What it was done for."))] = "",
    since: Annotated[
        str, typer.Option("--since", help=_("First day or moment, for example 2026-11-20."))
    ] = "",
    until: Annotated[str, typer.Option("--until", help=_("Day or moment before which it was."))] = "",
    limit: Annotated[int, typer.Option("--limit", min=0, help=_("How many at most; 0 for all."))] = 100,
    as_json: Annotated[bool, typer.Option("--json", help=_("Print JSON lines for programs."))] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help=_("Check the chain; exit code 1 if it is broken."))
    ] = (False),
    noted: Annotated[
        str, typer.Option("--head", help=_("With --verify: the head that an earlier check printed."))
    ] = "",
    state_dir: StateDir = None,
) -> None:
    """Reads; it never writes anything."""
    store = _open(place_of(state_dir))
    try:
        if verify:
            _verify(store, noted)
            return
        if what and what not in ACTIONS:
            raise Refused(
                "{what} is no action of the audit.",
                "Choose one of: {known}.",
                code="audit-action",
                what=what,
                known=", ".join(ACTIONS),
            )
        wanted = audit_pages.Wanted(who, whom, what, thing, project, _moment(since), _moment(until))
        _show(store, wanted, limit, as_json=as_json)
    finally:
        store.close()


def _open(place: Place) -> Store:
    settings = load(place)
    if "service" not in on_servers(settings) and not (place.service / FILE).exists():
        raise NotFound("There is no audit in {place} yet.", "Start `notebench up` first.", place=place.root)
    return store_of(place, settings)


def _verify(store: Store, noted: str) -> None:
    verdict = store.read_now(audit_reading.verify, noted)
    if verdict.whole:
        say(_("The chain of {count} entries is whole.", count=verdict.entries))
        sys.stdout.write(verdict.head + "\n")
        return
    say(_("The audit was tampered with: {reason}", reason=verdict.reason))
    raise typer.Exit(FAILED)


def _show(store: Store, wanted: audit_pages.Wanted, limit: int, *, as_json: bool) -> None:
    reader = audit_pages.Reader("", everything=True)
    shown: list[AuditEntry] = []
    cursor, left = "", limit or sys.maxsize
    while left > 0:
        found, cursor = store.read_now(audit_pages.page, reader, wanted, min(left, _AT_ONCE), cursor)
        left -= len(found)
        if as_json:
            sys.stdout.writelines(one.model_dump_json(exclude={"words"}) + "\n" for one in found)
        else:
            shown += found
        if not cursor:
            break
    if not as_json:
        _table(shown)
    if cursor:
        say(_("There is more: see --limit."))


def _table(entries: list[AuditEntry]) -> None:
    table = Table(_("When"), _("Who"), _("What"), _("Thing"), _("For"), _("From where"), box=None)
    for one in entries:
        # Names are other people's words: never markup.
        words = (one.user or "–", in_words(one.action, _), one.thing, one.acting_for, one.origin)
        when = one.moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        table.add_row(when, *(Text(_printable(word)) for word in words))
    Console(highlight=False).print(table)


def _printable(word: str) -> str:
    """No letter that a terminal would take for a command."""
    return "".join(letter if letter.isprintable() else "·" for letter in word)


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(
            "{text} is no day and no moment.",
            "Write it as 2026-11-20 or 2026-11-20T14:30.",
            code="moment",
            text=repr(text[:80]),
        ) from None
    return found.astimezone(UTC)
