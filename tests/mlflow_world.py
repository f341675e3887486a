"""A real MLflow behind the real gateway on a real port, for tests: started once per test session."""

import atexit
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import httpx
import uvicorn
from fastapi import FastAPI, Request
from notebench.contract.errors import NotAllowed, NotFound, NotSignedIn
from notebench.contract.people import Membership, Role
from notebench_hub.place import Place
from notebench_hub.service import api
from notebench_hub.service.asker import Asker, AskerKind, Owner
from notebench_hub.service.gateway.feature import router as gateway_router
from notebench_hub.service.mlflow_client.client import Mlflow
from notebench_hub.service.mlflow_client.names import CLIENT_ENVIRONMENT, DEFAULT_EXPERIMENT
from notebench_hub.service.mlflow_client.workspaces import Workspaces
from notebench_hub.service.names import workspace_name
from notebench_hub.service.ports import Endpoint
from notebench_hub.service.store import Store
from notebench_hub.service.tracking.experiments import Experiments
from notebench_hub.service.tracking.models import RegisteredModels
from notebench_hub.service.tracking.routes import router as tracking_router
from notebench_hub.settings import Limits

from tests import leaks

TEAM = "team"
ROLES = {"ann": Role.editor, "cat": Role.editor, "bob": Role.viewer}


def asker(name: str, acting_for: str = "personal", kind: str = "hub-token", bound: str = "") -> Asker:
    """Somebody of the test's little town: ann and cat are editors of the team, bob looks, eve is outside."""
    projects = (Membership(project=TEAM, role=ROLES[name]),) if name in ROLES else ()
    role = Role.owner if acting_for == "personal" else ROLES[name]
    return Asker(name, acting_for, role, AskerKind(kind), bound=bound, projects=projects)


TOKENS = {
    "hub-ann": asker("ann"),
    "hub-bob": asker("bob"),
    "hub-eve": asker("eve"),
    "hub-new": asker("new"),
    "session-ann": asker("ann", kind="session", bound="s-1"),
    "session-bob": asker("bob", kind="session", bound="s-2"),
    "session-eve": asker("eve", kind="session", bound="s-6"),
    "team-ann": asker("ann", TEAM, "session", "s-3"),
    "team-cat": asker("cat", TEAM, "session", "s-4"),
    "team-bob": asker("bob", TEAM, "session", "s-5"),
    "run-ann": asker("ann", kind="run", bound="r-1"),
    "server-ann": asker("ann", kind="model-server", bound="d-1"),
}


class TownDoors:
    """Doors that know the town's tokens; the rest of the application is the real one."""

    async def admit(self, request: Request, kinds: frozenset[AskerKind]) -> Asker:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        found = TOKENS.get(token)
        if found is None:
            raise NotSignedIn("No valid login or token came with this request.", "Log in.")
        if found.kind not in kinds:
            raise NotAllowed("This token does not open this address.", "Use your own.", code="token-kind")
        return found


@dataclass
class TownEndpoints:
    """Deployments by id, as the tests set them."""

    known: dict[str, Endpoint] = field(default_factory=dict)

    async def endpoint(self, deployment: str) -> Endpoint:
        if deployment not in self.known:
            raise NotFound("There is no such deployment.", "Choose one of yours.")
        return self.known[deployment]


class MlflowProcess:
    """The part `mlflow`, as the supervisor starts it."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        log = (self.place.root / "mlflow.log").open("ab")
        environ = dict(os.environ) | {"NOTEBENCH_STATE_DIR": str(self.place.root)}
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "notebench_hub.service.gateway.mlflow_server"],
            env=environ,
            stdout=log,
            stderr=log,
        )
        transport = httpx.HTTPTransport(uds=str(self.place.mlflow_socket))
        with httpx.Client(transport=transport, base_url="http://mlflow") as client:
            wait_until(lambda: client.get("/health").is_success, 90)

    def stop(self, how: int = signal.SIGTERM) -> None:
        if self._process:
            self._process.send_signal(how)
            self._process.wait(20)
            self._process = None

    def freeze(self, frozen: bool) -> None:
        assert self._process
        self._process.send_signal(signal.SIGSTOP if frozen else signal.SIGCONT)


def wait_until(true: Callable[[], bool], seconds: float) -> None:
    """Wait for something; connection errors mean "not yet"."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if true():
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s")


class World:
    """Everything between a notebook and MLflow's disk but the hub."""

    def __init__(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="nb-world-"))
        self.place = Place(self.root)
        self.place.create()
        leaks.watch(self.root)
        self.mlflow = MlflowProcess(self.place)
        self.endpoints = TownEndpoints()
        self.mlflow.start()
        client = Mlflow(f"unix:{self.place.mlflow_socket}", self.place.secret("mlflow-signing-key"))
        self.client, self.workspaces = client, Workspaces(client)
        app = FastAPI()
        app.state.doors = TownDoors()
        api.install(app)
        limits = Limits(body_mib=2, request_seconds=30)
        prefix = "/services/notebench"
        app.include_router(gateway_router(limits, client, self.workspaces, self.endpoints), prefix=prefix)
        self.experiments = Experiments(client, self.workspaces, _page)
        self.models = RegisteredModels(client, self.workspaces, self.experiments, _page)
        self.store = Store(self.place.service / "notebench.db", audit_key=self.place.secret("audit-key"))
        self.store.open()
        tracking = tracking_router(self.experiments, self.models, self.store)
        app.include_router(tracking, prefix=prefix + "/api/v1")
        self._serve(app)

    def _serve(self, app: FastAPI) -> None:
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}/services/notebench"
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        self._thread = threading.Thread(target=self._server.run, args=([listening],), daemon=True)
        self._thread.start()
        wait_until(lambda: self._server.started, 10)

    def http(self, token: str, **headers: str) -> httpx.Client:
        """A program with a token; paths begin below the service's prefix."""
        return httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {token}"} | headers, timeout=40
        )

    def environ(self, token: str) -> dict[str, str]:
        """The variables that a session, run or model server with this token would have."""
        who = TOKENS[token]
        mlflow_free = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW_")}
        mlflow_free.pop("PYTHONDONTWRITEBYTECODE", None)
        return mlflow_free | {
            **CLIENT_ENVIRONMENT,
            "MLFLOW_TRACKING_URI": self.url + "/mlflow",
            "MLFLOW_TRACKING_TOKEN": token,
            "MLFLOW_WORKSPACE": workspace_name(who.name, who.acting_for),
            "MLFLOW_EXPERIMENT_NAME": DEFAULT_EXPERIMENT,
            "HOME": str(self.root),
        }

    def python(self, token: str, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run code as a notebook of the token's owner would."""
        return subprocess.run(
            [sys.executable, "-c", code, *arguments],
            env=self.environ(token),
            cwd=self.root,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self.mlflow.stop()
        self.store.close()
        shutil.rmtree(self.root, ignore_errors=True)


@cache
def world() -> World:
    """The one world of a test session."""
    made = World()
    atexit.register(made.close)
    return made


def _page(room: str, record: str, acting_for: str) -> str:
    return f"/services/notebench/{room}/{record}?for={acting_for}"


def owner(token: str) -> Owner:
    """Whose things a token makes."""
    return TOKENS[token].owner
