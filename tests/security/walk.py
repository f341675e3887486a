"""Walks the doors: one real request per route and asker, and the class of the answer."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from notebench_hub.service.asker import AskerKind
from notebench_hub.service.gateway.routes import OPEN, Route
from notebench_hub.service.names import workspace_name
from ruamel.yaml import YAML

from tests.security.city import PROJECT, SECRET, City

__all__ = [
    "SECRET",
    "Askers",
    "Call",
    "Row",
    "api_calls",
    "mlflow_things",
    "open_city",
    "open_routes",
    "outside_call",
    "rows",
]

API = "services/notebench/api/v1"
MATRIX = Path(__file__).with_name("matrix.yaml")


@dataclass(frozen=True)
class Row:
    """One route of one part, and what each asker gets."""

    part: str
    route: str
    """Method and path as the part itself names it."""
    expected: dict[str, str]


@dataclass(frozen=True)
class Call:
    """A request that would be good if the right person sent it."""

    path: str
    body: Any = None
    content: bytes | None = None
    params: dict[str, str] = field(default_factory=dict)


def rows(part: str = "") -> list[Row]:
    """The written matrix."""
    document = YAML(typ="safe").load(MATRIX.read_text())
    found = []
    for name, section in document.items():
        askers = section["askers"].split()
        for route, words in section["routes"].items():
            answers = str(words).split()
            assert len(answers) == len(askers), f"{name}: {route}"
            found.append(Row(name, route, dict(zip(askers, answers, strict=True))))
    return [row for row in found if part in ("", row.part)]


class Askers:
    """Everybody who asks, by the words of the matrix: whose token, and what they say they act for."""

    def __init__(self, city: City) -> None:
        self.city = city
        ended = city.issue(AskerKind.session, "ended-session", "ana", PROJECT)
        city.end(AskerKind.session, "ended-session")
        self.tokens = {
            "anonymous": ("", ""),
            "stranger": (city.tokens["dan"], ""),
            "viewer": (city.tokens["cleo"], PROJECT),
            "editor": (city.tokens["ana"], PROJECT),
            "owner": (city.tokens["ben"], PROJECT),
            "admin": (city.tokens["admin"], ""),
            "expired": (city.expired, PROJECT),
            "revoked": (city.hub_token("ben", revoked=True), PROJECT),
            "ended": (ended, ""),
            "run": (city.issue(AskerKind.run, city.things.run, "ana", PROJECT), ""),
            "server": (city.issue(AskerKind.model_server, "server-x", "ana", PROJECT), ""),
            # For what is one person's own: ana's session and her records at the hub.
            "self": (city.tokens["ana"], ""),
            "other": (city.tokens["dan"], ""),
        }
        self.clients = {name: city.raw(token, acting) for name, (token, acting) in self.tokens.items()}

    def ask(self, who: str, method: str, call: Call) -> httpx.Response:
        """One request; nothing is followed."""
        return self.clients[who].request(
            method,
            call.path,
            json=call.body,
            content=call.content,
            params=call.params or None,
            follow_redirects=False,
        )


def api_calls(city: City) -> dict[str, Callable[[], Call]]:
    """A good request for each route of the API, about the things of the project."""
    things = city.things
    run, schedule = f"{API}/runs/{things.run}", f"{API}/schedules/{things.schedule}"
    wine, tracked = f"{API}/deployments/wine", f"{API}/mlflow-runs/{things.mlflow_run}"
    experiment, model = f"{API}/experiments/{things.experiment}", f"{API}/models/wine"
    nightly = {"name": "n", "notebook": "secret-plan.ipynb", "cron": "0 3 1 1 *", "image": "minimal"}
    nightly["paused"] = True  # type: ignore[assignment]  # a schedule that does nothing
    deploy = {"model": "wine", "version": "1", "image": "minimal", "profile": "small"}
    members = [{"user": "ana", "role": "editor"}, {"user": "ben", "role": "owner"}]
    members.append({"user": "cleo", "role": "viewer"})
    return {
        "GET /hello": lambda: Call(f"{API}/hello"),
        "GET /me": lambda: Call(f"{API}/me"),
        "GET /projects": lambda: Call(f"{API}/projects"),
        "PUT /projects/{name}": lambda: Call(f"{API}/projects/{PROJECT}", {"members": members}),
        "GET /audit": lambda: Call(f"{API}/audit", params={"thing": "nothing"}),
        "GET /audit/export": lambda: Call(f"{API}/audit/export", params={"thing": "nothing"}),
        "GET /catalogue": lambda: Call(f"{API}/catalogue"),
        "GET /sessions": lambda: Call(f"{API}/sessions"),
        "GET /sessions/{session}": lambda: Call(f"{API}/sessions/{city.session_id}"),
        "GET /runs": lambda: Call(f"{API}/runs"),
        "POST /runs": lambda: Call(f"{API}/runs", city.wish_run()),
        "GET /runs/{run}": lambda: Call(run),
        "POST /runs/{run}/cancel": lambda: Call(f"{API}/runs/{city.new_run()}/cancel"),
        "POST /runs/{run}/report": lambda: Call(f"{run}/report", {"sequence": 1, "state": "running"}),
        "GET /runs/{run}/logs": lambda: Call(f"{run}/logs"),
        "GET /runs/{run}/output": lambda: Call(f"{run}/output"),
        "POST /schedules/preview": lambda: Call(f"{API}/schedules/preview", {"cron": "0 3 * * *"}),
        "GET /schedules": lambda: Call(f"{API}/schedules"),
        "POST /schedules": lambda: Call(f"{API}/schedules", nightly),
        "GET /schedules/{schedule}": lambda: Call(schedule),
        "PUT /schedules/{schedule}": lambda: Call(schedule, nightly),
        "DELETE /schedules/{schedule}": lambda: Call(f"{API}/schedules/{city.new_schedule()}"),
        "POST /schedules/{schedule}/run": lambda: Call(f"{schedule}/run"),
        "GET /deployments": lambda: Call(f"{API}/deployments"),
        "GET /deployments/{name}": lambda: Call(wine),
        "PUT /deployments/{name}": lambda: Call(wine, deploy),
        "DELETE /deployments/{name}": lambda: Call(f"{API}/deployments/{city.spare()}"),
        "PUT /deployments/{name}/desired": lambda: Call(f"{wine}/desired", {"desired": "serving"}),
        "GET /deployments/{name}/logs": lambda: Call(f"{wine}/logs"),
        "GET /experiments": lambda: Call(f"{API}/experiments"),
        "GET /experiments/{experiment}": lambda: Call(experiment),
        "GET /experiments/{experiment}/runs": lambda: Call(f"{experiment}/runs"),
        "GET /mlflow-runs/{run}": lambda: Call(tracked),
        "GET /mlflow-runs/{run}/metrics/{key}": lambda: Call(f"{tracked}/metrics/loss"),
        "GET /mlflow-runs/{run}/artifacts": lambda: Call(f"{tracked}/artifacts"),
        "GET /mlflow-runs/{run}/artifact": lambda: Call(f"{tracked}/artifact", params={"path": "secret.txt"}),
        "GET /models": lambda: Call(f"{API}/models"),
        "POST /models": lambda: Call(f"{API}/models", {"name": "wine", "run": things.mlflow_run}),
        "GET /models/{name}": lambda: Call(model),
        "GET /models/{name}/versions/{version}": lambda: Call(f"{model}/versions/1"),
        "GET /models/{name}/versions/{version}/signature": lambda: Call(f"{model}/versions/1/signature"),
        "PUT /models/{name}/aliases/{alias}": lambda: Call(f"{model}/aliases/best", {"version": "1"}),
        "DELETE /models/{name}/aliases/{alias}": lambda: Call(f"{model}/aliases/none"),
    }


def outside_call(route: str) -> Call:
    """A request for a route outside the API: pages, login, health, the hub's own."""
    method, path = route.split(" ")
    path = path.replace("{record:path}", "x").replace("{path:path}", "page.js").replace("{session}", "x")
    grant = {"user": "ana", "image": "minimal", "profile": "small"}
    body = {"POST": grant, "PUT": {"state": "stopped"}}.get(method)
    params = {"user": "ana"} if path.endswith("internal/catalogue") else {}
    return Call("services/notebench" + path, body, params=params)


def mlflow_things(city: City) -> dict[str, str]:
    """The names under which `tests.gateway` asks for somebody's things, for those of the project."""
    asked = {"run_id": city.things.mlflow_run}
    record = city.mlflow("editor").get("/mlflow/api/2.0/mlflow/runs/get", params=asked).json()["run"]
    return {
        "experiment_id": city.things.experiment,
        "experiment_name": "molten",
        "run_id": city.things.mlflow_run,
        "model_id": record["outputs"]["model_outputs"][0]["model_id"],
        "name": city.things.model,
        "folder": record["info"]["artifact_uri"].removeprefix("mlflow-artifacts:/"),
        "workspace": workspace_name("ana", PROJECT),
    }


def open_routes() -> Iterator[tuple[str, Route]]:
    for route in OPEN:
        yield f"{route.method} {route.pattern}", route


@contextmanager
def open_city() -> Iterator[City]:
    """A city in a folder of its own, with everybody who asks in it."""
    with tempfile.TemporaryDirectory(prefix="nbc") as root:
        opened = City(Path(root))
        try:
            opened.open()
            opened.askers = Askers(opened)
            yield opened
        finally:
            opened.close()
