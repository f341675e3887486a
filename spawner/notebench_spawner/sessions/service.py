"""The hub's word to the Notebench service: may this session start, and what became of it."""

import json
from typing import Any

import httpx
from notebench.contract import SERVICE_PREFIX
from notebench.contract.catalogue import Catalogue
from notebench.contract.errors import Problem, Unavailable
from notebench.contract.sessions import SessionGrant, SessionRequest, SessionUpdate

_SECONDS = 20.0


class DeniedError(Exception):
    """The service said no, in the reader's language."""

    def __init__(self, status: int, problem: Problem) -> None:
        super().__init__(problem.message)
        self.status = status
        self.problem = problem


class SessionsDoor:
    """The service's `/internal` routes, opened with the hub's key."""

    def __init__(self, service_url: str, key: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._base = service_url.rstrip("/") + SERVICE_PREFIX + "internal"
        self._headers = {"Authorization": f"Bearer {key}"}
        self._transport = transport

    async def grant(self, request: SessionRequest, language: str) -> SessionGrant:
        """Resolve a choice and reserve. Raises DeniedError or Unavailable."""
        body = request.model_dump(mode="json")
        return SessionGrant.model_validate(await self._call("POST", "/sessions", language, json=body))

    async def tell(self, session: str, update: SessionUpdate) -> None:
        """Say what became of a session. Raises DeniedError or Unavailable."""
        await self._call("PUT", f"/sessions/{session}", "en", json=update.model_dump(mode="json"))

    async def catalogue(self, user: str, language: str) -> Catalogue:
        """What a user may choose. Raises DeniedError or Unavailable."""
        return Catalogue.model_validate(
            await self._call("GET", "/catalogue", language, params={"user": user})
        )

    async def _call(self, method: str, path: str, language: str, **rest: Any) -> Any:
        headers = {**self._headers, "Accept-Language": language}
        try:
            async with httpx.AsyncClient(
                timeout=_SECONDS, transport=self._transport, trust_env=False
            ) as client:
                answer = await client.request(method, self._base + path, headers=headers, **rest)
        except httpx.HTTPError as error:
            raise Unavailable(
                "The Notebench service does not answer, so nothing new can start.",
                "What runs goes on. Try again in a minute; an admin finds more in `notebench status`.",
                code="service-away",
            ) from error
        if answer.is_success:
            return answer.json() if answer.content else None
        raise _refusal(answer)


def _refusal(answer: httpx.Response) -> Exception:
    try:
        problem = Problem.model_validate(answer.json())
    except (json.JSONDecodeError, ValueError):
        return Unavailable(
            "The Notebench service answered {status} without a reason.",
            "An admin finds more with `notebench logs service`.",
            code="service-broken",
            status=answer.status_code,
        )
    return DeniedError(answer.status_code, problem)
