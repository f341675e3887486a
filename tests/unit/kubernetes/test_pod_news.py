"""What people read while a pod starts."""

from typing import Any

import pytest
from notebench_spawner.pods.waiting import COMING, IMAGE, PLACE, UNSEEN
from notebench_spawner.sessions.phases import WORDS, Step
from notebench_spawner.sessions.pod_news import news_of

PLACED = {"type": "PodScheduled", "status": "True"}
NOWHERE = {"type": "PodScheduled", "status": "False", "message": "0/2 nodes are available."}
PULL = {"state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}}}


@pytest.mark.parametrize(
    ("status", "step", "words", "reason"),
    [
        ({}, Step.environment, UNSEEN, ""),
        ({"phase": "Pending", "conditions": [NOWHERE]}, Step.environment, PLACE, "0/2 nodes are available"),
        ({"phase": "Pending", "conditions": [PLACED]}, Step.environment, COMING, ""),
        (
            {"phase": "Pending", "conditions": [PLACED], "containerStatuses": [PULL]},
            Step.environment,
            IMAGE,
            "Back-off pulling image",
        ),
        ({"phase": "Running", "conditions": [PLACED]}, Step.server, WORDS[Step.server], ""),
    ],
)
def test_each_state_has_its_words(status: dict[str, Any], step: Step, words: str, reason: str) -> None:
    told = news_of(status)
    assert (told.step, told.words, told.reason) == (step, words, reason)
