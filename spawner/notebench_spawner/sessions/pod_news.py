"""How far the start of a session's pod is, from what the cluster says of it: a pure function."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from notebench_spawner.pods.waiting import COMING, IMAGE, trouble, waiting
from notebench_spawner.sessions.phases import WORDS, Step


@dataclass(frozen=True)
class Told:
    """One piece of news: `words` is a template to translate, `reason` the cluster's own words for it."""

    step: Step
    words: str
    reason: str = ""
    fraction: float = 0.0


def news_of(status: Mapping[str, Any], events: Iterable[Mapping[str, Any]] = ()) -> Told:
    """What a pod's `status` means to who waits for it; an empty one means that there is no pod yet."""
    words, reason = waiting(status, trouble(events))
    if not words:
        return Told(Step.server, WORDS[Step.server])
    if words == COMING:  # its volume is attached, its image fetched
        return Told(Step.environment, words, fraction=0.5)
    return Told(Step.environment, words, reason, 0.5 if words == IMAGE else 0.1)
