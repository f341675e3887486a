"""Every door × every asker against the written matrix; a route without a row fails, and a row without one."""

from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts
from notebench.lab.routes import add_routes
from notebench_hub.service.app import build_parts, compose, create_app
from notebench_hub.settings import Settings
from notebench_spawner.backends.memory import MemoryBackend
from tornado.web import RequestHandler

from tests.gateway.test_isolation import ask as ask_mlflow
from tests.security import walk
from tests.security.city import City
from tests.security.walk import Call, Row

PREFIX = "/services/notebench"
GATEWAY = {f"{PREFIX}/mlflow/{{path:path}}", f"{PREFIX}/endpoints/{{path:path}}"}
"""Doors with allow-lists of their own: `mlflow` below; model servers in `tests/gateway/test_endpoints.py`."""


def _ids(row: Row) -> str:
    return row.route


def _served(city: City) -> list[tuple[str, str]]:
    """Method and path of all routes of the running application's twin."""
    parts = build_parts(city.place, city.instance, Settings(), MemoryBackend())
    app = create_app(parts, compose(parts))
    return [
        (method, str(context.path))
        for context in iter_route_contexts(app.routes)
        if context.path not in GATEWAY
        for method in context.methods or ()
    ]


def test_every_route_of_the_service_has_a_row(city: City) -> None:
    api = {f"{m} {p.removeprefix(PREFIX + '/api/v1')}" for m, p in _served(city) if "/api/v1/" in p}
    assert {route.replace(":path}", "}") for route in api} == {row.route for row in walk.rows("api")}
    outside = {f"{m} {p.removeprefix(PREFIX)}" for m, p in _served(city) if "/api/v1/" not in p}
    assert outside == {row.route for row in walk.rows("outside")}


def test_every_open_route_of_mlflow_has_a_row() -> None:
    assert {name for name, _ in walk.open_routes()} == {row.route for row in walk.rows("mlflow")}


def test_every_route_of_the_server_extension_has_a_row() -> None:
    found: list[Any] = []
    web_app = SimpleNamespace(settings={"base_url": "/"}, add_handlers=lambda _, rules: found.extend(rules))
    add_routes(SimpleNamespace(web_app=web_app))  # type: ignore[arg-type]  # all that it looks at
    routes = {
        f"{method} {pattern.lstrip('/')}"
        for pattern, handler, *_ in found
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
        if method in handler.SUPPORTED_METHODS
        and getattr(handler, method.lower()) is not getattr(RequestHandler, method.lower())
    }
    assert routes == {row.route for row in walk.rows("lab")}


@pytest.mark.parametrize("row", walk.rows("api"), ids=_ids)
def test_the_api(city: City, row: Row) -> None:
    make = walk.api_calls(city)[row.route]
    method = row.route.split(" ")[0]
    seen = {who: city.askers.ask(who, method, make()) for who in row.expected}
    assert {who: str(answer.status_code) for who, answer in seen.items()} == row.expected
    for who in ("stranger", "admin"):
        if row.route != "GET /projects" or who == "stranger":  # admins see which projects there are
            assert walk.SECRET not in seen[who].text
            assert city.things.mlflow_run not in seen[who].text
            assert city.things.endpoint not in seen[who].text


@pytest.mark.parametrize("row", walk.rows("outside"), ids=_ids)
def test_outside_the_api(city: City, row: Row) -> None:
    call, method = walk.outside_call(row.route), row.route.split(" ")[0]
    seen = {who: str(city.askers.ask(who, method, call).status_code) for who in row.expected}
    assert seen == row.expected


@pytest.fixture(scope="module")
def of(city: City) -> dict[str, str]:
    """What is asked for, by the names under which `tests.gateway` asks."""
    return walk.mlflow_things(city)


@pytest.mark.parametrize("row", walk.rows("mlflow"), ids=_ids)
def test_mlflow(city: City, of: dict[str, str], row: Row) -> None:
    route = dict(walk.open_routes())[row.route]
    for who, expected in row.expected.items():  # in the matrix's order, members who may change things late
        answer = ask_mlflow(city.mlflow(who), route, of)
        if expected == "open":
            assert answer.status_code not in {401, 403}, (who, answer.text)
            continue
        if expected == "none":
            assert answer.status_code in {200, 400, 404}, (who, answer.text)
            assert walk.SECRET not in answer.text, who
            if answer.is_success:  # a refusal repeats the id that was asked for
                assert not any(word in answer.text for word in (of["run_id"], of["model_id"])), who
            continue
        assert str(answer.status_code) == expected, (who, answer.text)


LAB = {
    "GET notebench/api/(.*)": Call("notebench/api/me"),
    "POST notebench/api/(.*)": Call("notebench/api/runs"),
    "PUT notebench/api/(.*)": Call("notebench/api/deployments/none/desired", {"desired": "stopped"}),
    "DELETE notebench/api/(.*)": Call("notebench/api/deployments/none"),
    "GET notebench/here": Call("notebench/here"),
    "GET notebench/home": Call("notebench/home"),
    "GET notebench/home/largest": Call("notebench/home/largest"),
    "POST notebench/home/remove": Call("notebench/home/remove", {"paths": ["../elsewhere"]}),
    "POST notebench/home/restart": Call("notebench/home/restart"),
    "GET notebench/outputs/([0-9a-f-]{36})": Call("notebench/outputs/00000000-0000-0000-0000-000000000000"),
    "GET notebench/parameters": Call("notebench/parameters", params={"path": "secret-plan.ipynb"}),
    "POST notebench/endpoints/([^/]+/invocations)": Call("notebench/endpoints/x/invocations"),
}


@pytest.mark.parametrize("row", walk.rows("lab"), ids=_ids)
def test_the_server_extension(city: City, row: Row) -> None:
    asked, method = LAB[row.route], row.route.split(" ")[0]
    call = Call(f"user/ana/{asked.path}", asked.body, params=asked.params)
    seen = {who: str(city.askers.ask(who, method, call).status_code) for who in row.expected}
    assert seen == row.expected
