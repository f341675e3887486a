"""Any place of a cluster's API, asked as it is: for who looks at a cluster, and does not work in it."""

import re
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientError
from notebench.contract.errors import Unavailable

from notebench_spawner.backends.kubernetes.api import json_of
from notebench_spawner.backends.kubernetes.connecting import Connected
from notebench_spawner.pods.pod import Manifest
from notebench_spawner.pods.waiting import one_line

_SECONDS = 20
_WARNING = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Answer:
    """What the API said, whatever it was."""

    status: int
    body: Manifest
    warnings: tuple[str, ...] = ()
    date: str = ""
    """Its own clock, as HTTP writes it."""

    @property
    def good(self) -> bool:
        return self.status < 300

    @property
    def said(self) -> str:
        """Its words, where it refused."""
        return one_line(str(self.body.get("message", ""))) or str(self.status)


class Asker(Connected):
    """One cluster. Every question raises Unavailable where nobody answers, and nothing else."""

    async def get(self, path: str, **query: str) -> Answer:
        """What is there: an object, or a list of them."""
        return await self._ask("GET", path, None, query)

    async def create(self, path: str, body: Manifest, *, dry: bool = False) -> Answer:
        """Make an object; `dry` goes through all that would happen to it, and makes nothing."""
        return await self._ask("POST", path, body, {"dryRun": "All"} if dry else {})

    async def delete(self, path: str) -> Answer:
        """Delete an object, with what belongs to it."""
        return await self._ask("DELETE", path, None, {"propagationPolicy": "Background"})

    async def _ask(self, method: str, path: str, body: Manifest | None, query: dict[str, str]) -> Answer:
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        try:
            answer: Any = await self._connection.call_api(
                path,
                method,
                query_params=list(query.items()),
                header_params=headers,
                body=body,
                auth_settings=["BearerToken"],
                _preload_content=False,
                _request_timeout=_SECONDS,
            )
            text = await answer.read()
        except (OSError, ClientError) as error:
            raise Unavailable(
                "The cluster's API does not answer ({problem}).",
                "See whether `kubectl version` gets an answer with the same kubeconfig, and try again.",
                code="cluster-away",
                problem=one_line(str(error)) or type(error).__name__,
            ) from error
        said = tuple(word for one in answer.headers.getall("Warning", ()) for word in _WARNING.findall(one))
        return Answer(answer.status, json_of(text), said, answer.headers.get("Date", ""))
