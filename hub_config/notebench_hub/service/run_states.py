"""The life of a notebook run, as a pure function: what may follow what."""

from typing import Final

from notebench.contract.runs import FINAL_STATES, RunState

_ORDER: Final = {RunState.queued: 0, RunState.starting: 1, RunState.running: 2}


def follows(current: RunState, wanted: RunState) -> bool:
    """Whether a run may go from `current` to `wanted`. It never goes back, and an end is an end.

    A run that was queued may go back to waiting only by `starting` failing to begin: that is not a report.
    """
    if current in FINAL_STATES:
        return False
    if wanted in FINAL_STATES:
        return True
    return _ORDER[wanted] > _ORDER[current]


def after(current: RunState, wanted: RunState) -> RunState:
    """The state after somebody said `wanted`: late, repeated and impossible words change nothing."""
    return wanted if follows(current, wanted) else current
