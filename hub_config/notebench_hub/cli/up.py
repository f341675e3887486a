"""`up`: everything from an empty directory to a working address."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Annotated

import typer
from notebench.contract.errors import Unavailable

from notebench_hub.cli import commands
from notebench_hub.cli.checks import interpreter_warning
from notebench_hub.cli.edge import FAILED, StateDir, complain, edge, place_of, say
from notebench_hub.cli.images import build_default_image
from notebench_hub.cli.steps import Steps
from notebench_hub.cli.upgrade import upgrade_state
from notebench_hub.cli.words import for_whom
from notebench_hub.i18n import _
from notebench_hub.place import Place
from notebench_hub.settings import Settings, load
from notebench_hub.sign_in_secrets import provider_secret
from notebench_hub.supervisor import control, embedded, records
from notebench_hub.supervisor.__main__ import FAILURE
from notebench_hub.supervisor.claim import AlreadyRuns, claimed, decide
from notebench_hub.supervisor.logfiles import open_for_part, rotate
from notebench_hub.supervisor.run import supervise
from notebench_hub.supervisor.view import View

_STEPS_BEFORE = 2
_DETACHED_PATIENCE = 360.0
"""Seconds; the supervisor itself gives up before."""


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
    place = place_of(state_dir)
    settings = load(place)
    provider_secret(settings.sign_in, place)  # refused here, where somebody reads it
    if _runs(place):
        _announce(place, settings, again=True)
        return
    wanted = tuple(part or embedded.NAMES)
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
        _detached(place, wanted, steps)
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
    steps.say(_("Looking for what an earlier start left behind"))
    for name in records.end_leftovers(place):
        say(_("Ended {part}, left over from a supervisor that was killed.", part=name))
    upgrade_state(place, settings, steps, backup=backup)
    instance = decide(place, settings, port)
    embedded.parts(place, instance)  # missing programs are refused now
    steps.done()
    if "service" in wanted:
        build_default_image(place, steps)
    steps.done()


async def _foreground(place: Place, settings: Settings, wanted: tuple[str, ...], steps: Steps) -> None:
    parts = [part for part in embedded.parts(place, place.instance()) if part.name in wanted]
    show = _Shower(steps)

    async def ready() -> None:
        steps.__exit__(None, None, None)
        _announce(place, settings)
        say(_("Ctrl-C ends Notebench and everything it started."))

    helpers = [embedded.image_builder(place)] if wanted == embedded.NAMES else []
    await supervise(place, parts, watch=show, ready=ready, helpers=helpers)
    say(_("Notebench has ended, and so has everything it started."))


def _detached(place: Place, wanted: tuple[str, ...], steps: Steps) -> None:
    """Start a supervisor of its own and watch it until all parts answer."""
    failure = records.folder(place) / FAILURE
    failure.unlink(missing_ok=True)
    log = place.logs / "supervisor.log"
    rotate(log)
    options = [word for name in wanted for word in ("--part", name)]
    with open_for_part(log) as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "notebench_hub.supervisor", *options],
            env={name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=place.root,
            start_new_session=True,
        )
    try:
        if _comes_up(child, place, _Shower(steps)):
            return
    except KeyboardInterrupt:
        child.terminate()
        child.wait()
        raise
    if failure.exists():
        told = json.loads(failure.read_text())
        complain(told["message"], told["next_step"], told["lines"])
        raise typer.Exit(FAILED)
    raise Unavailable("The supervisor did not come up.", "Its log says why: {log}.", log=log)


def _comes_up(child: "subprocess.Popen[bytes]", place: Place, show: "_Shower") -> bool:
    """Watch a supervisor until all its parts answer, or until it ends."""
    deadline = time.monotonic() + _DETACHED_PATIENCE
    while child.poll() is None and time.monotonic() < deadline:
        if found := control.view(place):
            show(found)
            if found.ready:
                return True
        time.sleep(0.1)
    return False


class _Shower:
    """Shows the parts' progress in the bar."""

    def __init__(self, steps: Steps) -> None:
        self._steps, self._healthy = steps, 0

    def __call__(self, found: View) -> None:
        healthy = sum(part.healthy for part in found.parts)
        if healthy > self._healthy:
            self._steps.done(healthy - self._healthy)
            self._healthy = healthy
        waiting = ", ".join(part.name for part in found.parts if not part.healthy)
        if waiting:
            self._steps.say(_("Starting: waiting for {parts}", parts=waiting))


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
    say(for_whom())
    if warning := interpreter_warning():
        say(warning)
