"""How a run ended, decided from all that is known: a pure function."""

from notebench.contract.runs import FINAL_STATES, RunReport, RunState
from notebench_spawner.backends.base import Observation, Phase

_ENDED = frozenset({Phase.succeeded, Phase.failed, Phase.gone})


def has_ended(seen: Observation) -> bool:
    """Whether no process of it is left."""
    return seen.phase in _ENDED


def ending(seen: Observation, said: RunReport | None, cancel_by: str) -> tuple[RunState, str]:
    """State and reason of a run whose process has ended: what the runner said counts before what was seen.

    `said` is the runner's last report, as far as there is one; `cancel_by` who asked for the end, if one did.
    """
    spoken = said if said is not None and said.state in FINAL_STATES else None
    if cancel_by and (spoken is None or spoken.state is RunState.cancelled):
        return RunState.cancelled, f"It was cancelled by {cancel_by}."
    if spoken is not None:
        return spoken.state, spoken.reason
    if seen.timed_out:
        return RunState.timed_out, seen.reason
    states = {Phase.gone: RunState.lost, Phase.succeeded: RunState.succeeded}
    return states.get(seen.phase, RunState.failed), seen.reason
