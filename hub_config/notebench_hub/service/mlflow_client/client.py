"""One client for MLflow's REST JSON over its private socket or Service. It signs each with who is asking."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
from notebench.contract.errors import Conflict, NotAllowed, NotFound, Refused, Unavailable
from notebench_spawner.marks import N_

from notebench_hub.service.mlflow_client.names import ADMIN, HOST
from notebench_hub.service.mlflow_client.signature import WORKSPACE_HEADER, sign

AWAY = "mlflow-away"
"""Code of the error for a request that did not reach MLflow: trying again is safe."""

BASE = f"http://{HOST}"
_QUIET_SECONDS = 1.0
_HEALTH_SECONDS = 1.2
_Got = TypeVar("_Got")
_TIMEOUT = httpx.Timeout(30.0, connect=1.0, pool=5.0)
# Shorter than the 5 s after which uvicorn closes idle connections, so that no request meets a closing one.
_LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=16, keepalive_expiry=3.0)


@dataclass(frozen=True)
class Standing:
    """Who asks MLflow, in which workspace."""

    workspace: str
    principal: str


def admin(workspace: str) -> Standing:
    """MLflow's admin, for making what a workspace needs. Never for what a person asks."""
    return Standing(workspace, ADMIN)


class Mlflow:
    """MLflow's tracking server, as a person, a project's member or its admin may use it."""

    def __init__(self, address: str, key: str) -> None:
        """`address` is `unix:/path`, or `http://host:port` on a cluster."""
        self._key = key
        self._socket = address.removeprefix("unix:") if address.startswith("unix:") else None
        self.http = httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(uds=self._socket, limits=_LIMITS),
            base_url=BASE if self._socket else address,
            headers={"Host": HOST},
            timeout=_TIMEOUT,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self.http.aclose()

    def headers(self, standing: Standing) -> dict[str, str]:
        """The signed word and the workspace it holds for. Good for a minute."""
        return {
            "Authorization": sign(self._key, standing.principal, standing.workspace),
            WORKSPACE_HEADER: standing.workspace,
        }

    async def call(
        self,
        standing: Standing,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The answer's JSON. `path` is below `/api/`. Raises the contract's errors, Unavailable included."""
        try:
            response = await self.watch(
                self.http.request(
                    method, f"/api/{path}", params=params, json=json, headers=self.headers(standing)
                )
            )
        except httpx.HTTPError as error:
            raise away(error) from error
        if response.is_success:
            answer: dict[str, Any] = response.json() if response.content else {}
            return answer
        raise refusal(response)

    async def watch(self, asking: Coroutine[None, None, _Got], strikes: int = 5) -> _Got:
        """Await; when nothing comes for a while, ask MLflow how it is, and give up if it says nothing."""
        task = asyncio.create_task(asking)
        try:
            while not (await asyncio.wait({task}, timeout=_QUIET_SECONDS))[0]:
                strikes -= bool(await self.health(_HEALTH_SECONDS))
                if not strikes:
                    raise away(httpx.ReadTimeout("MLflow does not answer"))
            return task.result()
        finally:
            task.cancel()

    @asynccontextmanager
    async def download(
        self, standing: Standing, path: str, params: Mapping[str, Any]
    ) -> AsyncIterator[httpx.Response]:
        """A streamed answer; `path` begins at the server's root. Raises like `call`."""
        try:
            async with self.http.stream(
                "GET", path, params=params, headers=self.headers(standing)
            ) as response:
                if not response.is_success:
                    await response.aread()
                    raise refusal(response)
                yield response
        except httpx.HTTPError as error:
            raise away(error) from error

    async def health(self, seconds: float = 1.8) -> str:
        """Why MLflow is not well, one sentence, or nothing. Answers within `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                response = await self.http.get("/health")
        except (httpx.HTTPError, TimeoutError):
            return "MLflow does not answer on its socket." if self._socket else "MLflow does not answer."
        return "" if response.is_success else f"MLflow answers {response.status_code}."


def away(error: httpx.HTTPError) -> Unavailable:
    """The error for an MLflow that cannot be reached, or is too slow."""
    if isinstance(error, httpx.TimeoutException) and not isinstance(error, httpx.ConnectTimeout):
        return Unavailable(
            "MLflow did not answer in time.",
            "Try again in a minute; if it stays slow, ask an admin to look at MLflow's log.",
            code="mlflow-slow",
        )
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return Unavailable(
            "MLflow, which keeps experiments and models, is away.",
            "Try again in a minute; if it stays away, an admin can run: notebench restart mlflow.",
            code=AWAY,
        )
    return Unavailable(
        "MLflow broke off in the middle of its answer.",
        "Look whether the change was made, then try again.",
        code="mlflow-broke",
    )


_KINDS: dict[str, type[Refused]] = {
    "RESOURCE_DOES_NOT_EXIST": NotFound,
    "RESOURCE_ALREADY_EXISTS": Conflict,
    "PERMISSION_DENIED": NotAllowed,
}


def refusal(response: httpx.Response) -> Refused | Unavailable:
    """MLflow's own refusal as one of ours; its 5xx as Unavailable."""
    try:
        body = response.json()
    except ValueError:
        body = None
    said = body if isinstance(body, dict) else {}
    word, reason = str(said.get("error_code", "")), str(said.get("message", "") or response.text)
    if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        return Unavailable(
            "MLflow failed: {reason}",
            "Try again; if it fails again, ask an admin to look at MLflow's log.",
            code="mlflow-failed",
            reason=_short(reason),
        )
    kind = _KINDS.get(word) or _BY_STATUS.get(response.status_code, Refused)
    return kind(N_("MLflow refused this: {reason}"), N_("Change what it names."), reason=_short(reason))


_BY_STATUS: dict[int, type[Refused]] = {403: NotAllowed, 404: NotFound, 409: Conflict}


def _short(reason: str) -> str:
    line = reason.strip().splitlines()[0] if reason.strip() else "no reason given"
    return line if len(line) <= 500 else line[:500] + "…"
