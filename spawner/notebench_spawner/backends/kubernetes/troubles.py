"""What keeps nodes from making pods ready, from the cluster's events: asked for when a pod waits for it."""

import logging
import time
from collections.abc import Iterable

from notebench.contract.errors import NotebenchError

from notebench_spawner.backends.kubernetes.api import Api
from notebench_spawner.pods.pod import Manifest
from notebench_spawner.pods.waiting import COMING, trouble, waiting

log = logging.getLogger("notebench.kubernetes")

_SECONDS = 5.0


class Troubles:
    """The newest trouble of each pod, at most five seconds old."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._asked_at = -_SECONDS
        self._said: dict[str, str] = {}

    async def of(self, pods: Iterable[Manifest]) -> dict[str, str]:
        """By the pod's uid. Without the right to read events nothing is known."""
        if not any(waiting(pod.get("status", {}))[0] == COMING for pod in pods):
            return {}
        if time.monotonic() - self._asked_at >= _SECONDS:
            self._asked_at = time.monotonic()
            self._said = await self._ask()
        return self._said

    async def _ask(self) -> dict[str, str]:
        by_pod: dict[str, list[Manifest]] = {}
        try:
            for event in await self._api.warnings():
                by_pod.setdefault(event["involvedObject"].get("uid", ""), []).append(event)
        except NotebenchError as error:
            log.warning("it is not known what keeps pods from being ready: %s", error)
        return {uid: trouble(events) for uid, events in by_pod.items()}
