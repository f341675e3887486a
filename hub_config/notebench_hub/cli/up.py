"""`up`: everything from an empty directory to a working address."""

import asyncio
import contextlib
import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from notebench_hub.cli import commands, detached, separately
from notebench_hub.cli.before import clear_and_upgrade
from notebench_hub.cli.checks import interpreter_warning
from notebench_hub.cli.edge import StateDir, edge, place_of, say
from notebench_hub.cli.images import build_default_image
from notebench_hub.cli.steps import Steps
from notebench_hub.cli.words import for_whom
from notebench_hub.hands import hands_of
from notebench_hub.i18n import _
from notebench_hub.place import Place
from notebench_hub.separate.choice import is_separate
from notebench_hub.settings import Settings, load
from notebench_hub.sign_in_secrets import provider_secret
from notebench_hub.supervisor import control, embedded
from notebench_hub.supervisor.claim import AlreadyRuns, claimed, decide
from notebench_hub.supervisor.run import supervise

_STEPS_BEFORE = 2


@commands.command("up", help=_("Start Notebench on this machine and say where it is."))
@edge
def up(
    detach: Annotated[bool, typer.Option("--detach", help=_("Return once everything answers."))] = False,
    port: Annotated[
        int | None,
        typer.Option("--port", min=0, max=65535, help=_("Port for people's browsers; 0 picks a free one.")),
    ] = None,
    without_backup: Annotated[
        bool, typer.Option("--without-backup", help=_("Upgrade an older state without a backup before."))
    ] = False,
    state_dir: StateDir = None,
    part: Annotated[list[str] | None, typer.Option("--part", hidden=True)] = None,
) -> None:
    """Check, prepare, start, wait until all answer, print the address."""
    place = place_of(state_dir, as_root=True)
    settings = load(place)
    provider_secret(settings.sign_in, place)  # refused here, where somebody reads it
    apart = is_separate(place, settings)
    if _runs(place):
        _announce(place, settings, again=True)
        return
    wanted = tuple(part or embedded.NAMES)
    if apart:
        separately.start(
            place, settings, port, wanted, announce=_announce, detach=detach, backup=not without_backup
        )
        return
    try:
        with _steps(len(wanted)) as steps, claimed(place):
            _prepare(place, settings, port, steps, wanted, backup=not without_backup)
            if not detach:
                asyncio.run(_foreground(place, settings, wanted, steps))
                return
    except AlreadyRuns:
        _announce(place, settings, again=True)
        return
    with Steps(len(wanted)) as steps:
        detached.start(place, wanted, steps)
    _announce(place, settings)


@contextlib.contextmanager
def _steps(parts: int) -> Iterator[Steps]:
    with Steps(_STEPS_BEFORE + parts) as steps:
        yield steps


def _runs(place: Place) -> bool:
    found = control.view(place)
    return found is not None and not found.stopping


def _prepare(
    place: Place,
    settings: Settings,
    port: int | None,
    steps: Steps,
    wanted: tuple[str, ...],
    *,
    backup: bool,
) -> None:
    """Everything that can be refused before a part runs."""
    clear_and_upgrade(place, settings, steps, backup=backup)
    instance = decide(place, settings, port)
    embedded.parts(place, instance)  # missing programs are refused now
    steps.done()
    if "service" in wanted:
        build_default_image(place, steps)
    steps.done()


async def _foreground(place: Place, settings: Settings, wanted: tuple[str, ...], steps: Steps) -> None:
    parts = [part for part in embedded.parts(place, place.instance()) if part.name in wanted]
    show = detached.Shower(steps)

    async def ready() -> None:
        steps.__exit__(None, None, None)
        _announce(place, settings)
        say(_("Ctrl-C ends Notebench and everything it started."))

    helpers = [embedded.image_builder(place)] if wanted == embedded.NAMES else []
    hands = hands_of(place)
    await supervise(place, parts, hands, watch=show, ready=ready, helpers=helpers)
    say(_("Notebench has ended, and so has everything it started."))


def _announce(place: Place, settings: Settings, *, again: bool = False) -> None:
    """Where it is and who may come in."""
    if again:
        say(_("Notebench runs already."))
    sys.stdout.write(_("Notebench: {address}", address=place.instance().public_url) + "\n")
    if settings.sign_in.external:
        who = _("People sign in with {provider}.", provider=settings.sign_in.provider)
    else:
        secret = place.root / "secrets" / "admin-password"
        who = _("Admin: {name}; first password in {file}", name=settings.admin, file=secret)
    sys.stdout.write(who + "\n")
    sys.stdout.flush()
    say(for_whom(place))
    if not place.separate and (warning := interpreter_warning()):
        say(warning)
