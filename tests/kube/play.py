"""Plays a transcript's requests against a cluster, real or not, and gives back its answers."""

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.kube import script

_HEADERS = ("warning", "retry-after", "content-type")


@dataclass
class Where:
    """A cluster to play against."""

    client: httpx.Client
    """Somebody who may do everything."""
    limited: Callable[[str, list[Any]], httpx.Client]
    """Somebody in a namespace with a Role's rules."""
    image: str
    """An image that has `sh` and `sleep`."""
    seconds: float = 60
    """How long `until` waits."""
    words: dict[str, str] = field(default_factory=dict)

    def nobody(self) -> httpx.Client:
        return httpx.Client(base_url=self.client.base_url, verify=False, timeout=30, trust_env=False)


def play(transcript: Any, where: Where) -> list[Any]:
    """Each step's answer, made neutral. All of it happens in a namespace of its own, which then goes."""
    space = f"transcript-{secrets.token_hex(3)}"
    made = where.client.post("/api/v1/namespaces", json={"metadata": {"name": space}})
    made.raise_for_status()
    words = where.words | {"space": space, "image": where.image}
    people = {"admin": where.client, "nobody": where.nobody()}
    try:
        _account_is_there(where, space)
        if transcript.get("rules"):
            people["limited"] = where.limited(space, transcript["rules"])
        return [
            _step(step, people[step.get("as", "admin")], where.seconds, words) for step in transcript["steps"]
        ]
    finally:
        where.client.delete(f"/api/v1/namespaces/{space}")


def _account_is_there(where: Where, space: str) -> None:
    """Pods can be made in a namespace only once its default account exists."""
    ends = time.monotonic() + where.seconds
    while where.client.get(f"/api/v1/namespaces/{space}/serviceaccounts/default").status_code == 404:
        if time.monotonic() > ends:
            raise TimeoutError(f"The namespace {space} got no default account.")
        time.sleep(0.1)


def _step(step: Any, client: httpx.Client, seconds: float, words: dict[str, str]) -> Any:
    ends = time.monotonic() + seconds
    while True:
        answer = _ask(script.filled(step["request"], words), client, step.get("watch", 0))
        wrong = [
            path for path, value in (step.get("until") or {}).items() if script.parts(answer, path) != value
        ]
        if not wrong:
            break
        if time.monotonic() > ends:
            raise TimeoutError(f"{step['request']['path']}: {wrong} stayed otherwise: {answer}")
        time.sleep(0.05)
    for word, path in (step.get("keep") or {}).items():
        words[word] = str(script.parts(answer, path))
    return script.neutral(answer, words)


def _ask(request: Any, client: httpx.Client, events: int) -> Any:
    body = request.get("body")
    content = (
        body.encode() if isinstance(body, str) else (json.dumps(body).encode() if body is not None else None)
    )
    headers = {"Content-Type": "application/json"} | (request.get("headers") or {})
    asked: dict[str, Any] = {"params": request.get("query") or None, "headers": headers, "content": content}
    if events:
        with client.stream(request["method"], request["path"], **asked) as stream:
            found = _events(stream, events) if stream.status_code == 200 else stream.read() and []
            return {"code": stream.status_code, "events": found}
    answer = client.request(request["method"], request["path"], **asked)
    kept = {name: answer.headers[name] for name in _HEADERS if name in answer.headers}
    is_json = "json" in kept.get("content-type", "")
    return {"code": answer.status_code, "headers": kept, "body": answer.json() if is_json else answer.text}


def _events(stream: httpx.Response, count: int) -> list[Any]:
    found: list[Any] = []
    for line in stream.iter_lines():
        found.append(json.loads(line))
        if len(found) == count:
            break
    return found
