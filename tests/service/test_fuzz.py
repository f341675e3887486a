"""Nonsense at every route of the API: refused in one shape, never a 500, never a hang, nothing told."""

import json
import random
import time
from typing import Any

import httpx
import pytest
from notebench_hub.service.openapi import document

from tests.service.town import Town

ROUTES = [
    (method.upper(), path, route)
    for path, routes in document()["paths"].items()
    for method, route in routes.items()
    if path != "/hello"
]
WORDS = [
    "x",
    "0",
    "-1",
    "1e999",
    "9" * 40,
    "null",
    "@",
    "@champion",
    "..",
    "../..",
    "%00",
    "a\0b",
    "\u202e",
    "ü" * 60,
    "<script>alert(1)</script>",
    "' OR 1=1 --",
    "{name}",
    "a" * 2_000,
    "../../../../etc/passwd",
    "file:///etc/passwd",
    "/etc/passwd.ipynb",
]
ROUNDS = 40


def _value(dice: random.Random, depth: int = 0) -> Any:
    choices: list[Any] = [*WORDS, None, True, 0, -1, 10**30, 1.5, "", [], {}]
    if depth < 3 and dice.random() < 0.3:
        inner = [_value(dice, depth + 1) for _ in range(3)]
        return inner if dice.random() < 0.5 else dict(zip(dice.sample(WORDS, 3), inner, strict=True))
    return dice.choice(choices)


def _body(dice: random.Random, route: dict[str, Any]) -> Any:
    """Mostly of the right form with wrong values; sometimes anything at all."""
    content = route.get("requestBody", {}).get("content", {})
    if not content:
        return None
    reference = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
    fields = document_schemas()[reference]["properties"]
    if dice.random() < 0.2:
        return _value(dice)
    return {
        name: _value(dice) if dice.random() < 0.5 else _right(field)
        for name, field in fields.items()
        if dice.random() < 0.8
    }


def _right(field: dict[str, Any]) -> Any:
    if "default" in field:
        return field["default"]
    return {"integer": 1, "array": [], "object": {}, "boolean": True}.get(field.get("type", ""), "x")


_schemas: dict[str, Any] = {}


def document_schemas() -> dict[str, Any]:
    if not _schemas:
        _schemas.update(document()["components"]["schemas"])
    return _schemas


@pytest.mark.parametrize(("method", "path", "route"), ROUTES, ids=[f"{m} {p}" for m, p, _ in ROUTES])
def test_nonsense(town: Town, method: str, path: str, route: dict[str, Any]) -> None:
    dice = random.Random(f"{method} {path}")
    program = town.program("ana")
    for _ in range(ROUNDS):
        filled = "/".join(
            httpx.QueryParams({"": dice.choice(WORDS)}).__str__()[1:] if word.startswith("{") else word
            for word in path.split("/")
        )
        names = [one["name"] for one in route.get("parameters", []) if one["in"] == "query"]
        query = {name: str(_value(dice)) for name in names if dice.random() < 0.5}
        body = _body(dice, route)
        query.pop("follow", None)
        begin = time.monotonic()
        answer = program.request(method, filled.lstrip("/"), params=query, json=body)
        asked = f"{method} {filled} {query} {json.dumps(body)[:500]}"
        assert time.monotonic() - begin < 10, asked
        if answer.status_code >= 500:
            assert (answer.status_code, answer.json()["code"]) == (503, "mlflow-away"), (
                f"{asked}\n{answer.text}"
            )
        if answer.status_code >= 400 and answer.headers["content-type"] != "text/html":
            assert answer.headers["content-type"] == "application/problem+json", f"{asked}\n{answer.text}"
            assert "Traceback" not in answer.text
            assert str(town.place.root) not in answer.text, asked
