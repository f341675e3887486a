"""The door to MLflow: `/services/notebench/mlflow/{path}`."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Final, TypeVar

import httpx
from fastapi import Request, Response
from notebench.contract import SERVICE_PREFIX
from notebench.contract.errors import NotAllowed, NotebenchError, NotFound, Refused, Unavailable
from notebench.contract.people import PERSONAL, Role

from notebench_hub.service import relay
from notebench_hub.service.asker import Asker, AskerKind, Owner
from notebench_hub.service.doors import refused
from notebench_hub.service.gateway import guards, noting
from notebench_hub.service.gateway.problems import mlflow_problem, says_python_client
from notebench_hub.service.gateway.routes import Route, find
from notebench_hub.service.mlflow_client.client import AWAY, Mlflow, away, refusal
from notebench_hub.service.mlflow_client.signature import WORKSPACE_HEADER
from notebench_hub.service.mlflow_client.workspaces import Access, Provisioned, Workspaces
from notebench_hub.service.names import workspace_name
from notebench_hub.service.relay import refuse_climbing

PREFIX: Final = SERVICE_PREFIX + "mlflow/"
JSON_BYTES: Final = 16 * 2**20
"""Largest body of a route that is not a file's: MLflow's client keeps its batches below 1 MB."""

TYPES: Final = frozenset(
    {
        "application/json",
        "application/octet-stream",
        "application/pdf",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/webp",
        "text/csv",
        "text/plain",
    }
)
_PATIENCE_SECONDS: Final = 2.5
_Got = TypeVar("_Got")


class MlflowDoor:
    """Admits, confines and passes on one request after the other."""

    def __init__(
        self, mlflow: Mlflow, workspaces: Workspaces, rules: relay.Rules, note: noting.Note = noting.nowhere
    ) -> None:
        self._note = note
        self._mlflow = mlflow
        self._workspaces = workspaces
        self._rules = rules

    async def __call__(self, request: Request) -> Response:
        """One request. Refusals speak MLflow's language as well as ours."""
        try:
            async with asyncio.timeout(self._rules.seconds):
                return await self._pass(request)
        except NotebenchError as error:
            await refused.note(request, error)
            return mlflow_problem(error, request)
        except TimeoutError:
            return mlflow_problem(away(httpx.ReadTimeout("the request's time is up")), request)

    async def _pass(self, request: Request) -> Response:
        deadline = asyncio.get_running_loop().time() + self._rules.seconds
        asker = await request.app.state.doors.admit(request, frozenset(AskerKind))
        path = wire_path(request, PREFIX)
        route = find(request.method, path)
        for asked in request.query_params.getlist("path"):
            refuse_climbing(asked.removesuffix("/") or "artifacts")
        owner = _confine(asker, request.headers.get(WORKSPACE_HEADER, "").strip())
        may = _access(asker, owner)
        if route.access is Access.write and may is Access.read:
            raise _read_only(asker, owner)
        until = asyncio.get_running_loop().time() + _patience(request)
        # MLflow's client gives its first question 3 s; everything else must be said within 5.
        strikes = 1 if path.endswith("/server-info") else 2
        place = await _bridge(
            until, lambda: self._mlflow.watch(self._workspaces.standing(owner, may), strikes)
        )
        sent = await self._build(request, route, path, _acting(asker, owner), place)
        before = await noting.alias_before(self._mlflow, route, sent, place) if route.note else None
        response = await _bridge(until, lambda: self._mlflow.watch(self._send(sent), strikes))
        await _refuse_misleading(response)
        if route.note and response.is_success:
            await noting.tell(self._note, route, _acting(asker, owner), sent, before)
        try:
            return await relay.settled(response, self._rules.types, deadline)
        except httpx.HTTPError as error:
            raise away(error) from error

    async def _build(
        self, request: Request, route: Route, path: str, asker: Asker, place: Provisioned
    ) -> httpx.Request:
        headers = relay.passed_on(request)
        content: bytes | AsyncIterator[bytes] | None = None
        if route.streamed and request.method == "PUT":
            relay.refuse_announced(request, self._rules.body_bytes)
            content = relay.body(request, self._rules.body_bytes)
            if "content-length" in request.headers:
                headers["content-length"] = request.headers["content-length"]
        elif request.method not in {"GET", "HEAD"}:
            content = await relay.whole(request, JSON_BYTES)
            if route.guard:
                content = guards.check(route.guard, content, asker, place.experiment)
            headers["content-type"] = "application/json"
        query = request.scope["query_string"].decode("latin-1")
        url = httpx.URL("/" + path + (f"?{query}" if query else ""))
        # Signed last: the word holds for a minute from now, and a slow body has arrived.
        return self._mlflow.http.build_request(
            request.method, url, content=content, headers=headers | self._mlflow.headers(place.standing)
        )

    async def _send(self, sent: httpx.Request) -> httpx.Response:
        try:
            return await self._mlflow.http.send(sent, stream=True)
        except httpx.HTTPError as error:
            raise away(error) from error


async def _refuse_misleading(response: httpx.Response) -> None:
    """Say in clear words what MLflow's bare 403 and its 5xx mean. Other answers pass as they are."""
    if response.status_code == HTTPStatus.FORBIDDEN:
        await response.aclose()
        # The principal may do everything in its workspace: MLflow says "forbidden" of what is not there.
        raise NotFound(
            "There is no such experiment, run, model or file in this workspace.",
            "Check the name, and look for whom you act.",
            code="mlflow-unknown",
        )
    if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        await response.aread()
        await response.aclose()
        raise refusal(response)


def _read_only(asker: Asker, owner: Owner) -> NotAllowed:
    if asker.kind is AskerKind.model_server:
        return NotAllowed(
            "A model server may only read from MLflow.",
            "Log from a notebook or a notebook run instead.",
            code="read-only",
        )
    return NotAllowed(
        "You may read the experiments and models of {project}, but not change them.",
        "Ask an owner of the project to make you an editor.",
        code="read-only",
        project=owner.acting_for,
    )


def wire_path(request: Request, prefix: str) -> str:
    """What follows the prefix, as it came over the wire."""
    raw = request.scope.get("raw_path") or request.scope["path"].encode()
    path: str = raw.decode("latin-1").partition("?")[0]
    _, found, rest = path.partition(prefix)
    if not found:
        raise Refused("The gateway's prefix must not be encoded.", "Write it out.", code="path-refused")
    return rest


def _confine(asker: Asker, named: str) -> Owner:
    """Whose workspace the request is for: what the asker acts for, or another of theirs that it names."""
    owners = [asker.owner]
    if not asker.bound:
        owners += [Owner(asker.name, one) for one in (PERSONAL, *(p.project for p in asker.projects))]
    for owner in owners:
        if not named or named == workspace_name(owner.user, owner.acting_for):
            return owner
    raise NotAllowed(
        "The workspace {workspace} is not one that you may use here.",
        "Leave the workspace to Notebench: do not set MLFLOW_WORKSPACE.",
        code="workspace-foreign",
        workspace=named[:100],
    )


def _access(asker: Asker, owner: Owner) -> Access:
    role = asker.role_in(owner)
    if asker.kind is AskerKind.model_server or role in {None, Role.viewer}:
        return Access.read
    return Access.write


def _acting(asker: Asker, owner: Owner) -> Asker:
    """The asker, acting for the owner of the workspace that the request named."""
    return replace(asker, acting_for=owner.acting_for)


def _patience(request: Request) -> float:
    """How many seconds a request may wait for MLflow to come back from a restart.

    A notebook's logging call is worth it. Panels hear at once and try again by themselves.
    """
    return _PATIENCE_SECONDS if says_python_client(request) else 0.0


async def _bridge(until: float, attempt: Callable[[], Awaitable[_Got]]) -> _Got:
    """Try until it gets through or the time is up; only what has not reached MLflow is tried again."""
    while True:
        try:
            return await attempt()
        except Unavailable as error:
            if error.kind != AWAY or asyncio.get_running_loop().time() >= until:
                raise
        await asyncio.sleep(0.2)
