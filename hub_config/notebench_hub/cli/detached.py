"""A supervisor of its own, watched until all its parts answer."""

import json
import os
import subprocess
import sys
import time
from typing import Any

import typer
from notebench.contract.errors import Unavailable

from notebench_hub.cli.edge import FAILED, complain
from notebench_hub.cli.steps import Steps
from notebench_hub.i18n import _
from notebench_hub.place import Place
from notebench_hub.supervisor import control, records
from notebench_hub.supervisor.__main__ import FAILURE, LOG
from notebench_hub.supervisor.view import View

_PATIENCE = 360.0
"""Seconds; the supervisor itself gives up before."""

Supervisor = subprocess.Popen[bytes]


def start(
    place: Place, wanted: tuple[str, ...], steps: Steps, how: dict[str, Any] | None = None
) -> Supervisor:
    """Start it and return once all its parts answer; `how` goes to Popen. Raises Unavailable, or says why."""
    failure = records.folder(place) / FAILURE
    failure.unlink(missing_ok=True)
    options = [word for name in wanted for word in ("--part", name)]
    null = subprocess.DEVNULL
    own: dict[str, Any] = {"env": dict(os.environ), "cwd": place.root, **(how or {})}
    own["env"].pop("PYTHONDONTWRITEBYTECODE", None)
    child = subprocess.Popen(
        [sys.executable, "-m", "notebench_hub.supervisor", *options],
        stdin=null,
        stdout=null,
        stderr=null,
        start_new_session=True,
        **own,
    )
    try:
        if _comes_up(child, place, Shower(steps)):
            return child
    except KeyboardInterrupt:
        child.terminate()
        child.wait()
        raise
    if failure.exists():
        told = json.loads(failure.read_text())
        complain(told["message"], told["next_step"], told["lines"])
        raise typer.Exit(FAILED)
    raise Unavailable("The supervisor did not come up.", "Its log says why: {log}.", log=place.logs / LOG)


def _comes_up(child: Supervisor, place: Place, show: "Shower") -> bool:
    """Watch a supervisor until all its parts answer, or until it ends."""
    deadline = time.monotonic() + _PATIENCE
    while child.poll() is None and time.monotonic() < deadline:
        if found := control.view(place):
            show(found)
            if found.ready:
                return True
        time.sleep(0.1)
    return False


class Shower:
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
