"""Deny by default: every route of the API has a row here, and is walked as everybody who must not pass."""

import asyncio
import json

import httpx
import pytest
from notebench_hub.service.asker import AskerKind
from notebench_hub.service.doors.tokens import Tokens
from notebench_hub.service.openapi import document
from notebench_hub.service.store import Store

from tests.service.town import Town, code

ROWS: dict[str, str] = {
    # everyone: without any login. people: a browser, hub token or session. editors: people who may change
    # what they act for. run: the token of a run, for that run.
    "GET /hello": "everyone",
    "GET /me": "people",
    "GET /projects": "people",
    "PUT /projects/{name}": "people",  # admins, and owners of that project
    "GET /catalogue": "people",
    "GET /audit": "people",
    "GET /audit/export": "people",
    "GET /sessions": "people",
    "GET /sessions/{session}": "people",
    "GET /runs": "people",
    "POST /runs": "editors",
    "GET /runs/{run}": "people",
    "POST /runs/{run}/cancel": "people",  # editors of what the run belongs to
    "POST /runs/{run}/report": "run",
    "GET /runs/{run}/logs": "people",
    "GET /runs/{run}/output": "people",
    "POST /schedules/preview": "people",
    "GET /schedules": "people",
    "POST /schedules": "editors",
    "GET /schedules/{schedule}": "people",
    "PUT /schedules/{schedule}": "people",  # editors of what it belongs to, like the next two
    "DELETE /schedules/{schedule}": "people",
    "POST /schedules/{schedule}/run": "people",
    "GET /deployments": "people",
    "GET /deployments/{name}": "people",
    "PUT /deployments/{name}": "editors",
    "DELETE /deployments/{name}": "people",  # editors of what it belongs to, like the next one
    "PUT /deployments/{name}/desired": "people",
    "GET /deployments/{name}/logs": "people",
    "GET /experiments": "people",
    "GET /experiments/{experiment}": "people",
    "GET /experiments/{experiment}/runs": "people",
    "GET /mlflow-runs/{run}": "people",
    "GET /mlflow-runs/{run}/metrics/{key}": "people",
    "GET /mlflow-runs/{run}/artifacts": "people",
    "GET /mlflow-runs/{run}/artifact": "people",
    "GET /models": "people",
    "POST /models": "editors",
    "GET /models/{name}": "people",
    "GET /models/{name}/versions/{version}": "people",
    "GET /models/{name}/versions/{version}/signature": "people",
    "PUT /models/{name}/aliases/{alias}": "editors",
    "DELETE /models/{name}/aliases/{alias}": "editors",
}

CLOSED = [row for row, who in ROWS.items() if who != "everyone"]


def test_every_route_has_a_row() -> None:
    routes = {f"{method.upper()} {path}" for path, all_ in document()["paths"].items() for method in all_}
    assert routes == set(ROWS)


@pytest.fixture(scope="module")
def tokens(town: Town) -> dict[str, str]:
    """Tokens of a run, of a model server, and one that was ended."""
    store = Store(town.place.service / "notebench.db")
    issue = Tokens(store).issue

    async def make() -> dict[str, str]:
        made = {
            "run": await issue(AskerKind.run, "run-of-ana", "ana", "personal"),
            "server": await issue(AskerKind.model_server, "server-of-ana", "ana", "personal"),
            "ended": await issue(AskerKind.session, "ended", "ana", "personal"),
        }
        await Tokens(store).end(AskerKind.session, "ended")
        return made

    found = asyncio.run(make())
    store.close()
    return found


def _ask(program: httpx.Client, row: str) -> httpx.Response:
    method, path = row.split(" ")
    path = "".join("x" if word.startswith("{") else word for word in _words(path))
    # A report that is whole, so that only who sends it can be wrong.
    whole = {"sequence": 1, "state": "succeeded"} if path.endswith("/report") else {}
    body = whole if method in ("POST", "PUT") else None
    return program.request(method, path, json=body)


def _words(path: str) -> list[str]:
    return path.lstrip("/").replace("{", "\0{").replace("}", "}\0").split("\0")


@pytest.mark.parametrize("row", CLOSED)
def test_strangers(town: Town, tokens: dict[str, str], row: str) -> None:
    assert code(_ask(town.program(""), row)) == "401 not-signed-in"
    assert code(_ask(town.program("nbt_session_x"), row)) == "401 not-signed-in"
    assert code(_ask(town.program(tokens["ended"]), row)) == "401 not-signed-in"
    assert code(_ask(town.program("dan", "alloys"), row)) == "403 project-unknown"
    assert code(_ask(town.program(tokens["server"]), row)).startswith(("403", "404"))
    if ROWS[row] == "run":
        for token in ("ana", tokens["run"]):  # neither is this run
            assert code(_ask(town.program(token), row)).startswith(("403", "404"))
    else:
        assert code(_ask(town.program(tokens["run"]), row)) == "403 token-kind"
    if ROWS[row] == "editors":
        assert code(_ask(town.program("cleo", "alloys"), row)) == "403 viewer"


@pytest.mark.parametrize("acting_for", ["personal", "alloys"])
def test_runs_and_schedules_of_others(town: Town, acting_for: str) -> None:
    home = town.place.homes / "ana"
    home.mkdir(mode=0o700, exist_ok=True)
    empty = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (home / "secret-plan.ipynb").write_text(json.dumps(empty))
    ana = town.program("ana", acting_for)
    wish = {"name": "nightly", "notebook": "secret-plan.ipynb", "cron": "0 3 * * *", "image": "minimal"}
    schedule = ana.post("schedules", json=wish)
    assert schedule.is_success, schedule.text
    run = ana.post("runs", json={"notebook": "secret-plan.ipynb", "image": "minimal"})
    assert run.is_success, run.text
    rows = [f"schedules/{schedule.json()['id']}", f"runs/{run.json()['id']}"]
    others = ["dan", "admin", *(["ben"] if acting_for == "personal" else [])]
    for program in map(town.program, others):
        for listing in ("runs", "schedules"):
            assert "secret-plan" not in program.get(listing).text
        for method, row in (
            ("GET", rows[0]),
            ("DELETE", rows[0]),
            ("POST", rows[0] + "/run"),
            ("GET", rows[1]),
            ("POST", rows[1] + "/cancel"),
            ("GET", rows[1] + "/output"),
            ("GET", rows[1] + "/logs"),
        ):
            answer = program.request(method, row)
            assert answer.status_code == 404
            unknown = program.request(method, row.replace(row.split("/")[1], "nothing"))
            assert code(answer) == code(unknown), "as if it did not exist"
    if acting_for == "alloys":
        for row in rows:
            assert town.program("ben", "alloys").get(row).status_code == 200
            assert town.program("cleo", "alloys").get(row).status_code == 200
        assert code(town.program("cleo", "alloys").delete(rows[0]))[:3] == "403"
    ana.post(rows[1] + "/cancel")
    assert ana.delete(rows[0]).is_success
