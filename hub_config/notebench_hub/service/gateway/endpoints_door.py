"""The door to model servers: `/services/notebench/endpoints/{deployment}/{path}`."""

import asyncio
import re
from collections import OrderedDict
from typing import Final

import httpx
from fastapi import Request, Response
from notebench.contract import SERVICE_PREFIX
from notebench.contract.errors import NotAllowed, NotebenchError, NotFound, Unavailable

from notebench_hub.service import relay
from notebench_hub.service.asker import PEOPLE, Asker, AskerKind, may_read, may_write
from notebench_hub.service.doors import refused
from notebench_hub.service.gateway.mlflow_door import wire_path
from notebench_hub.service.gateway.problems import problem
from notebench_hub.service.ports import Endpoint, Endpoints
from notebench_hub.service.relay import refuse_climbing

PREFIX: Final = SERVICE_PREFIX + "endpoints/"

TYPES: Final = frozenset({"application/json", "application/octet-stream", "text/plain"})

_MODEL: Final = r"v2/models/[^/]{1,200}(/versions/[^/]{1,40})?"
OPEN: Final[tuple[tuple[str, re.Pattern[str]], ...]] = tuple(
    (method, re.compile(pattern))
    for method, pattern in (
        ("POST", r"invocations"),
        ("GET", r"ping|version|health/live|health/ready"),
        ("GET", r"v2|v2/health/live|v2/health/ready"),
        ("GET", rf"{_MODEL}(/ready)?"),
        ("POST", rf"{_MODEL}/infer"),
    )
)
"""What everybody may ask who may see the deployment. Metrics are for those who may change it."""

_CALLERS: Final = PEOPLE | {AskerKind.run}
_MOST_CLIENTS: Final = 128
_LIMITS: Final = httpx.Limits(max_connections=64, max_keepalive_connections=32, keepalive_expiry=3.0)


class EndpointsDoor:
    """Admits and passes on requests to model servers."""

    def __init__(self, endpoints: Endpoints, rules: relay.Rules) -> None:
        self._endpoints = endpoints
        self._rules = rules
        self._clients: OrderedDict[str, httpx.AsyncClient] = OrderedDict()

    async def __call__(self, request: Request) -> Response:
        """One request."""
        try:
            async with asyncio.timeout(self._rules.seconds):
                return await self._pass(request)
        except NotebenchError as error:
            await refused.note(request, error)
            return problem(error, request)
        except TimeoutError:
            return problem(_slow(), request)

    async def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()

    async def _pass(self, request: Request) -> Response:
        deadline = asyncio.get_running_loop().time() + self._rules.seconds
        asker = await request.app.state.doors.admit(request, _CALLERS)
        deployment, _, path = wire_path(request, PREFIX).partition("/")
        refuse_climbing(path or "v2")
        endpoint = await self._endpoints.endpoint(deployment)
        _refuse(asker, endpoint, request.method, path)
        if not endpoint.address:
            raise _not_ready(endpoint.reason)
        relay.refuse_announced(request, self._rules.body_bytes)
        response = await self._send(endpoint.address, request, path)
        return relay.answer(response, self._rules.types, deadline)

    async def _send(self, address: str, request: Request, path: str) -> httpx.Response:
        client = self._client(address)
        headers = relay.passed_on(request)
        content = None
        if request.method == "POST":
            content = relay.body(request, self._rules.body_bytes)
            if "content-length" in request.headers:
                headers["content-length"] = request.headers["content-length"]
        try:
            sent = client.build_request(request.method, "/" + path, content=content, headers=headers)
            return await client.send(sent, stream=True)
        except httpx.TimeoutException as error:
            raise _slow() from error
        except httpx.HTTPError as error:
            raise Unavailable(
                "The deployment's model server is away.",
                "It is started again by itself; try again in a few seconds, or look at its log.",
                code="model-server-away",
            ) from error

    def _client(self, address: str) -> httpx.AsyncClient:
        client = self._clients.get(address)
        if client is None:
            client = _connect(address, self._rules.seconds)
            self._clients[address] = client
        self._clients.move_to_end(address)
        if len(self._clients) > _MOST_CLIENTS:
            # Not closed here: a request may still use it. Its idle connections end by themselves.
            self._clients.popitem(last=False)
        return client


def _connect(address: str, seconds: float) -> httpx.AsyncClient:
    unix = address.startswith("unix:")
    socket = address.removeprefix("unix:") if unix else None
    return httpx.AsyncClient(
        transport=httpx.AsyncHTTPTransport(uds=socket, limits=_LIMITS),
        base_url="http://model-server" if unix else address,
        timeout=httpx.Timeout(seconds, connect=2.0, pool=10.0),
    )


def _refuse(asker: Asker, endpoint: Endpoint, method: str, path: str) -> None:
    if not may_read(asker, endpoint.owner):
        raise NotFound("There is no such deployment.", "Choose one of yours.", code="deployment-unknown")
    if (method, path) == ("GET", "metrics") and may_write(asker, endpoint.owner):
        return
    if not any(one == method and pattern.fullmatch(path) for one, pattern in OPEN):
        raise NotAllowed(
            "The gateway does not pass {method} {path} on to model servers.",
            "Use invocations, v2/models/…/infer or health/ready.",
            code="route-closed",
            method=method,
            path=path[:200],
        )


def _not_ready(reason: str) -> Unavailable:
    if reason:
        return Unavailable(
            "This deployment does not answer now: {reason}",
            "Look at its state and its log on the deployment's page.",
            code="model-server-away",
            reason=reason,
        )
    return Unavailable(
        "No model server of this deployment is ready.",
        "Look at its state and its log on the deployment's page.",
        code="model-server-away",
    )


def _slow() -> Unavailable:
    return Unavailable(
        "The model server did not answer in time.",
        "Send less at once, or look at its log.",
        code="model-server-slow",
    )
