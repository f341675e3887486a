"""Waits for runs and deployments and shows what they wait for; used by the verbs and the command line."""

import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from notebench.client import Client
from notebench.contract.deployments import Deployment, Observed
from notebench.contract.errors import Unavailable
from notebench.contract.runs import FINAL_STATES, Run
from notebench.progress import Show
from notebench.words import say

T = TypeVar("T")
_PAUSE = 0.5  # seconds between two looks
_AWAY = 60.0  # seconds that the service may be away while we wait


def wait_for_run(client: Client, run: Run, show: Show) -> Run:
    """The run when it has ended, however it did."""
    while run.state not in FINAL_STATES:
        show(run_words(run), _part(run))
        time.sleep(_PAUSE)
        run = _patient(partial(client.runs.get, run.id), show)
    show(run_words(run), 1.0)
    return run


def wait_for_deployment(client: Client, deployment: Deployment, show: Show, seconds: float) -> Deployment:
    """The deployment when it answers, or has failed, or after this time."""
    deadline = time.monotonic() + seconds
    settled = {Observed.ready, Observed.stopped}
    while deployment.observed not in settled and time.monotonic() < deadline:
        show(f"{state_word(deployment.observed)} {deployment.reason}".strip())
        if deployment.observed is Observed.failing and deployment.restarts:
            return deployment
        time.sleep(_PAUSE)
        deployment = _patient(partial(client.deployments.get, deployment.name), show)
    show(state_word(deployment.observed), 1.0 if deployment.observed is Observed.ready else None)
    return deployment


def run_words(run: Run) -> str:
    """A run's state in a few words."""
    words = state_word(run.state)
    progress = run.progress
    if run.state not in FINAL_STATES and progress.cells:
        words = say("{state}, cell {cell} of {cells}", state=words, cell=progress.cell, cells=progress.cells)
    return f"{words}: {run.reason}" if run.reason else words


def state_word(state: str) -> str:
    """A state in the reader's language."""
    words = {
        "queued": say("queued"),
        "starting": say("starting"),
        "running": say("running"),
        "succeeded": say("succeeded"),
        "failed": say("failed"),
        "timed_out": say("timed out"),
        "cancelled": say("cancelled"),
        "lost": say("lost"),
        "pending": say("pending"),
        "ready": say("ready"),
        "failing": say("failing"),
        "stopping": say("stopping"),
        "stopped": say("stopped"),
        "serving": say("serving"),
    }
    return words.get(str(state), str(state))


def _part(run: Run) -> float | None:
    progress = run.progress
    return max(progress.cell - 1, 0) / progress.cells if progress.cells and progress.cell else None


def _patient(look: Callable[[], T], show: Show) -> T:
    """What the look finds, even where the service is away for a moment."""
    deadline = time.monotonic() + _AWAY
    while True:
        try:
            return look()
        except Unavailable as error:
            if time.monotonic() > deadline:
                raise
            show(str(error))
            time.sleep(2 * _PAUSE)
