"""The door to model servers: who comes in, what is passed on, what comes back."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from notebench_hub.service.asker import Owner
from notebench_hub.service.ports import Endpoint

from tests.mlflow_world import TEAM, World, wait_until


def model_server() -> FastAPI:
    """Says what reached it; a careless one, that sets cookies and answers HTML."""
    app = FastAPI()

    @app.api_route("/{path:path}", methods=["GET", "POST"])
    async def say(path: str, request: Request) -> Response:
        if path == "ping":
            return Response("<script>", media_type="text/html", headers={"Set-Cookie": "a=b", "X-Own": "1"})
        said = {
            "path": path,
            "headers": dict(request.headers),
            "body": (await request.body()).decode(),
        }
        return JSONResponse(said, headers={"Set-Cookie": "a=b"})

    return app


@pytest.fixture(scope="module")
def deployed(world: World) -> Iterator[World]:
    socket = world.root / "model.sock"
    server = uvicorn.Server(uvicorn.Config(model_server(), uds=str(socket), log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started, 10)
    address = f"unix:{socket}"
    world.endpoints.known = {
        "ann1": Endpoint(Owner("ann"), address),
        "team1": Endpoint(Owner("ann", TEAM), address),
        "gone": Endpoint(Owner("ann"), f"unix:{world.root}/nothing.sock"),
        "waiting": Endpoint(Owner("ann"), "", "The model does not load: No module named 'x'."),
    }
    yield world
    server.should_exit = True
    thread.join(5)
    Path(socket).unlink(missing_ok=True)


def test_a_call_is_passed_on_without_its_secrets(deployed: World) -> None:
    with deployed.http("session-ann", Cookie="jupyterhub=secret", **{"X-Forwarded-For": "1.2.3.4"}) as http:
        answer = http.post("/endpoints/ann1/invocations", json={"inputs": [[1]]})
    said = answer.json()
    assert said["path"] == "invocations"
    assert said["body"] == '{"inputs":[[1]]}'
    assert {"authorization", "cookie", "x-forwarded-for"}.isdisjoint(said["headers"])
    assert "set-cookie" not in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


def test_what_a_model_server_makes_up_is_not_run_by_a_browser(deployed: World) -> None:
    with deployed.http("session-ann") as http:
        answer = http.get("/endpoints/ann1/ping")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == "attachment"
    assert "set-cookie" not in answer.headers
    assert "x-own" not in answer.headers


@pytest.mark.parametrize(
    ("token", "deployment", "status"),
    [
        ("session-ann", "ann1", 200),
        ("run-ann", "ann1", 200),
        ("hub-bob", "ann1", 404),
        ("session-bob", "ann1", 404),
        ("team-ann", "ann1", 404),
        ("team-bob", "team1", 200),
        ("hub-bob", "team1", 200),
        ("session-bob", "team1", 404),
        ("hub-eve", "team1", 404),
        ("server-ann", "ann1", 403),
        ("session-ann", "none", 404),
        ("nobody", "ann1", 401),
    ],
)
def test_who_may_call(deployed: World, token: str, deployment: str, status: int) -> None:
    with deployed.http(token) as http:
        answer = http.post(f"/endpoints/{deployment}/invocations", json={})
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "health/ready", 200),
        ("GET", "health/live", 200),
        ("GET", "v2", 200),
        ("GET", "v2/models/m", 200),
        ("GET", "v2/models/m/ready", 200),
        ("POST", "v2/models/m/infer", 200),
        ("POST", "v2/models/m/versions/3/infer", 200),
        ("GET", "metrics", 200),
        ("GET", "", 403),
        ("GET", "docs", 403),
        ("GET", "invocations", 403),
        ("POST", "v2/repository/index", 403),
        ("POST", "v2/models/m/infer%2f..%2f..%2fx", 400),
        ("POST", "v2/models/%2e%2e/infer", 400),
        ("DELETE", "v2/models/m", 403),
    ],
)
def test_which_paths_are_open(deployed: World, method: str, path: str, status: int) -> None:
    with deployed.http("session-ann") as http:
        url = http.base_url.copy_with(
            raw_path=http.base_url.raw_path + f"endpoints/ann1/{path}".encode(),
        )
        answer = http.request(method, url)
    assert answer.status_code == status, answer.text


def test_metrics_are_for_those_who_may_change_it(deployed: World) -> None:
    with deployed.http("team-bob") as http:
        assert http.get("/endpoints/team1/metrics").status_code == 403
    with deployed.http("team-cat") as http:
        assert http.get("/endpoints/team1/metrics").status_code == 200


def test_a_server_that_is_away_says_why(deployed: World) -> None:
    started = time.monotonic()
    with deployed.http("session-ann") as http:
        gone = http.post("/endpoints/gone/invocations", json={})
        waiting = http.post("/endpoints/waiting/invocations", json={})
    assert time.monotonic() - started < 1
    assert (gone.status_code, gone.json()["code"]) == (503, "model-server-away")
    assert waiting.status_code == 503
    assert "No module named 'x'" in waiting.json()["message"]


def test_large_bodies_are_refused(deployed: World) -> None:
    large = b"x" * (2 * 2**20 + 1)
    with deployed.http("session-ann") as http:
        assert http.post("/endpoints/ann1/invocations", content=large).status_code == 413
        assert http.post("/endpoints/ann1/invocations", content=iter([large])).status_code == 413
