"""A pod's output, as the API gives it out. Transcript: logs. Transcript: logs-too-early."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from tests.kube.standin import status
from tests.kube.standin.container import Container
from tests.kube.standin.kinds import Object
from tests.kube.standin.kubelet import Kubelet


class Logs:
    """Answers `GET …/pods/NAME/log`."""

    def __init__(self, kubelet: Kubelet) -> None:
        self._kubelet = kubelet

    async def answer(self, pod: Object, request: Request) -> Response:
        query, name = request.query_params, pod["metadata"]["name"]
        container = self._container(pod, query.get("container", ""))
        if not pod["spec"].get("nodeName"):
            return Response(status_code=204)
        life = self._kubelet.lives.get(pod["metadata"]["uid"])
        found = [one for one in [*life.first, *life.main] if one.name == container] if life else []
        if not found or not (found[0].began or found[0].restarts):
            reason = _waiting(pod, container)
            raise status.bad_request(f'container "{container}" in pod "{name}" is waiting to start: {reason}')
        one = found[0]
        previous = query.get("previous", "") in ("1", "true")
        if previous and not one.restarts:
            raise status.bad_request(f'previous terminated container "{container}" in pod "{name}" not found')
        log = one.log(one.restarts - 1 if previous else _latest(one))
        if query.get("follow", "") in ("1", "true"):
            return StreamingResponse(
                self._follow(log, one, _start(log, query.get("tailLines"))), media_type="text/plain"
            )
        return PlainTextResponse(_read(log, query.get("tailLines"), query.get("limitBytes")))

    @staticmethod
    def _container(pod: Object, asked: str) -> str:
        known = [one["name"] for one in pod["spec"]["containers"]]
        first = [one["name"] for one in pod["spec"].get("initContainers") or []]
        name = pod["metadata"]["name"]
        if asked and asked not in [*known, *first]:
            raise status.bad_request(f"container {asked} is not valid for pod {name}")
        if not asked and len(known) > 1:
            said = f"a container name must be specified for pod {name}, choose one of: [{' '.join(known)}]"
            raise status.bad_request(
                said + (f" or one of the init containers: [{' '.join(first)}]" if first else "")
            )
        return asked or str(known[0])

    @staticmethod
    async def _follow(log: Path, container: Container, at: int) -> AsyncIterator[bytes]:
        run = container.restarts
        while True:
            over = container.process is None or container.restarts != run
            with log.open("rb") as file:
                file.seek(at)
                data = file.read()
            at += len(data)
            if data:
                yield data
            if over:
                return
            await asyncio.sleep(0.05)


def _latest(one: Container) -> int:
    return one.restarts if one.log(one.restarts).exists() else max(one.restarts - 1, 0)


def _waiting(pod: Object, container: str) -> str:
    statuses = [
        *(pod["status"].get("containerStatuses") or []),
        *(pod["status"].get("initContainerStatuses") or []),
    ]
    for one in statuses:
        if one["name"] == container and "waiting" in one["state"]:
            return str(one["state"]["waiting"]["reason"])
    return "ContainerCreating"


def _start(log: Path, lines: str | None) -> int:
    return log.stat().st_size - len(_tail(log.read_bytes(), lines))


def _tail(data: bytes, lines: str | None) -> bytes:
    if lines is None:
        return data
    return b"".join(data.splitlines(keepends=True)[-int(lines) :]) if int(lines) else b""


def _read(log: Path, lines: str | None, limit: str | None) -> str:
    data = _tail(log.read_bytes(), lines)
    return data[: int(limit)].decode(errors="replace") if limit else data.decode(errors="replace")
