"""A stand-in for the Notebench service: a real HTTP server that answers the contract with sample records.

`python -m tests.panels.standin PORT` serves for a look by hand; `POST /mode/{word}` switches between
`filled`, `empty`, `failing` and `slow`.
"""

import asyncio
import sys
from pathlib import Path
from typing import Any

import uvicorn
from notebench.contract.audit import AuditPage
from notebench.contract.deployments import Desired, Observed
from notebench.contract.errors import Conflict, NotebenchError, NotFound, Refused, Unavailable
from notebench.contract.people import Role
from notebench.contract.runs import RunState
from notebench_hub.service.asker import Asker, AskerKind
from notebench_hub.service.pages import shell
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from . import samples

PREFIX = "/services/notebench"


def said(answer: Any, status: int = 200) -> Response:
    if isinstance(answer, BaseModel):
        return Response(answer.model_dump_json(), status, media_type="application/json")
    if isinstance(answer, list):
        return JSONResponse([each.model_dump(mode="json") for each in answer], status)
    return JSONResponse(answer, status)


class World:
    """The records, which requests change, and every request that came."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.mode = "filled"
        self.role = Role.owner
        self.seen: list[dict[str, Any]] = []
        self.deployments = {each.name: each for each in samples.DEPLOYMENTS}
        self.runs = {each.id: each for each in samples.RUNS}
        self.schedules = {each.id: each for each in samples.SCHEDULES}
        self.models = {each.name: each for each in samples.MODELS}

    def writes(self) -> list[tuple[str, str, Any]]:
        """Method, path below the API and body of everything that was to change something."""
        return [(each["method"], each["path"], each["body"]) for each in self.seen if each["method"] != "GET"]

    def listed(self, known: dict[str, Any]) -> list[Any]:
        return [] if self.mode == "empty" else list(known.values())


class StandIn:
    """The routes over a world."""

    def __init__(self) -> None:
        self.world = World()
        api = [
            Route("/{path:path}", self.api, methods=["GET", "POST", "PUT", "DELETE"]),
        ]
        rooms = ("experiments", "models", "deployments", "runs", "schedules", "audit")
        pages = [Route(f"/{room}{rest}", self.page) for room in rooms for rest in ("", "/{path:path}")]
        self.app = Starlette(
            routes=[
                Route("/mode/{word}", self.switch, methods=["POST"]),
                Mount(f"{PREFIX}/api/v1", routes=api),
                Mount(
                    PREFIX,
                    routes=[
                        Route("/endpoints/{id}/invocations", self.invoke, methods=["POST"]),
                        Mount("/static", StaticFiles(directory=shell.STATIC, check_dir=False)),
                        *pages,
                    ],
                ),
            ]
        )

    async def switch(self, request: Request) -> Response:
        self.world.mode = request.path_params["word"]
        return PlainTextResponse(self.world.mode)

    async def page(self, request: Request) -> Response:
        asker = Asker("ada", request.query_params.get("for", "personal"), self.world.role, AskerKind.browser)
        asker = Asker(**{**vars(asker), "projects": tuple(samples.ME.projects)})
        return shell.shell(PREFIX, "/hub/home", asker, request.headers.get("accept-language", "en")[:2])

    async def api(self, request: Request) -> Response:
        body = await request.json() if (await request.body())[:1] in (b"{", b"[") else None
        self.remember(request, request.path_params["path"], body)
        try:
            if self.world.mode == "failing":
                raise Unavailable(
                    "MLflow does not answer.", "Try again in a minute; your notebooks are not affected."
                )
            if self.world.mode == "slow":
                await asyncio.sleep(8)
            return await self.answer(request, body)
        except NotebenchError as error:
            return said(error.problem(), error.status)

    def remember(self, request: Request, path: str, body: Any) -> None:
        headers = dict(request.headers)
        self.world.seen.append(
            {
                "method": request.method,
                "path": path,
                "body": body,
                "headers": headers,
                "query": str(request.url.query),
            }
        )

    async def answer(self, request: Request, body: Any) -> Response:
        world, query = self.world, request.query_params
        match [request.method, *request.path_params["path"].split("/")]:
            case ["GET", "me"]:
                acting_for = request.headers.get("Notebench-Acting-For", samples.ME.acting_for)
                return said(samples.ME.model_copy(update={"role": world.role, "acting_for": acting_for}))
            case ["GET", "audit"]:
                return said(self.audit(query))
            case ["GET", "catalogue"]:
                return said(samples.CATALOGUE)
            case ["GET", "experiments"]:
                return said([] if world.mode == "empty" else samples.EXPERIMENTS)
            case ["GET", "experiments", experiment]:
                return said(self.found({e.id: e for e in samples.EXPERIMENTS}, experiment))
            case ["GET", "experiments", _, "runs"]:
                return said(self.mlflow_runs(query.get("filter", "")))
            case ["GET", "mlflow-runs", run, *rest]:
                return self.mlflow_run(run, rest, query.get("path", ""))
            case ["GET", "models"]:
                return said(world.listed(world.models))
            case ["GET", "models", name]:
                return said(self.found(world.models, name))
            case ["GET", "models", _, "versions", _, "signature"]:
                return said(samples.SIGNATURE)
            case ["POST", "models"]:
                return said(samples.model_version(3, []), 201)
            case [("PUT" | "DELETE") as method, "models", name, "aliases", alias]:
                return self.alias(method, name, alias, (body or {}).get("version", ""))
            case [_, "deployments", *rest]:
                return self.deployment(request.method, rest, body)
            case [_, "runs", *rest]:
                return self.run(request.method, rest, body, query.get("schedule", ""))
            case [_, "schedules", *rest]:
                return self.schedule(request.method, rest, body)
        raise NotFound("There is nothing at this address.", "Check the address.")

    def audit(self, query: Any) -> AuditPage:
        known = [] if self.world.mode == "empty" else samples.AUDIT
        wanted = {"user": "who", "concerns": "whom", "action": "what", "thing": "thing"}
        fits = [
            one
            for one in known
            if all(getattr(one, name) == query[asked] for name, asked in wanted.items() if asked in query)
        ]
        begin = int(query.get("cursor", "") or 0)
        page = fits[begin : begin + samples.AUDIT_PAGE]
        more = str(begin + samples.AUDIT_PAGE) if len(fits) > begin + samples.AUDIT_PAGE else ""
        return AuditPage(entries=page, next=more, actions=samples.ACTIONS)

    @staticmethod
    def found(known: dict[str, Any], name: str) -> Any:
        if name not in known:
            raise NotFound("There is no record {name}, or it is not yours.", "Check the list.", name=name)
        return known[name]

    def mlflow_runs(self, wanted: str) -> dict[str, Any]:
        if wanted and "metrics." not in wanted and "params." not in wanted:
            raise Refused(
                "MLflow does not understand the filter {filter}.",
                "Compare with the example in the field.",
                field="filter",
                filter=wanted,
            )
        nothing = self.world.mode == "empty" or "> 2" in wanted
        return {
            "runs": [] if nothing else [r.model_dump(mode="json") for r in samples.MLFLOW_RUNS],
            "next": "",
        }

    def mlflow_run(self, run: str, rest: list[str], path: str) -> Response:
        found = self.found({each.id: each for each in samples.MLFLOW_RUNS}, run)
        match rest:
            case ["metrics", key]:
                points = samples.metric(key, int(run, 16))
                return said({"key": key, "points": [each.model_dump(mode="json") for each in points]})
            case ["artifacts"]:
                return said(samples.ARTIFACTS.get(path, []))
            case ["artifact"]:
                types = {".svg": "image/svg+xml", ".html": "text/html"}
                content = samples.ARTIFACT_BYTES.get(path, b"\0" * 1000)
                return Response(content, media_type=types.get(Path(path).suffix, "text/plain"))
        return said(found)

    def alias(self, method: str, name: str, alias: str, version: str) -> Response:
        if method == "PUT" and alias.startswith("v"):
            raise Refused(
                "The alias {alias} looks like a version.", "Choose a word.", field="alias", alias=alias
            )
        model = self.found(self.world.models, name)
        aliases = {**model.aliases, alias: version}
        if method == "DELETE":
            del aliases[alias]
        versions = [
            each.model_copy(update={"aliases": [a for a, v in aliases.items() if v == each.version]})
            for each in model.versions
        ]
        self.world.models[name] = model.model_copy(update={"aliases": aliases, "versions": versions})
        return said(self.world.models[name])

    def deployment(self, method: str, rest: list[str], body: Any) -> Response:
        known = self.world.deployments
        match [method, *rest]:
            case ["GET"]:
                return said(self.world.listed(known))
            case ["GET", name, "logs"]:
                self.found(known, name)
                return PlainTextResponse("Loading models:/wine-cultivar/2\nListening.\n")
            case ["PUT", name, "desired"]:
                serving = body["desired"] == "serving"
                change = {
                    "desired": Desired(body["desired"]),
                    "observed": Observed.ready if serving else Observed.stopped,
                }
                known[name] = self.found(known, name).model_copy(update=change)
                return said(known[name])
            case ["PUT", name]:
                if name == "taken":
                    raise Conflict("The name taken is in use.", "Choose another.", field="name")
                known[name] = samples.deployment(name, Observed.pending, reason="Waiting for its first turn.")
                return said(known[name], 201)
            case ["DELETE", name]:
                known.pop(name)
                return Response(status_code=204)
            case ["GET", name]:
                return said(self.found(known, name))
        raise NotFound("There is nothing at this address.")

    def run(self, method: str, rest: list[str], body: Any, schedule: str) -> Response:
        known = self.world.runs
        match [method, *rest]:
            case ["GET"]:
                runs = [r for r in self.world.listed(known) if not schedule or r.schedule == schedule]
                return said({"runs": [r.model_dump(mode="json") for r in runs], "next": ""})
            case ["POST"]:
                made = samples.run(99, RunState.queued, ended=None, started=None, **body)
                known[made.id] = made
                return said(made, 201)
            case ["GET", name, "logs"]:
                self.found(known, name)
                return StreamingResponse(
                    self.slowly(["Starting the kernel.\n", "Cell 1 of 9.\n"]), media_type="text/plain"
                )
            case ["GET", name, "output"]:
                return Response(b'{"cells": []}', media_type="application/x-ipynb+json")
            case ["POST", name, "cancel"]:
                change = {"state": RunState.cancelled, "reason": "Cancelled by ada.", "ended": samples.NOW}
                known[name] = self.found(known, name).model_copy(update=change)
                return said(known[name])
            case ["GET", name]:
                return said(self.found(known, name))
        raise NotFound("There is nothing at this address.")

    @staticmethod
    async def slowly(lines: list[str]) -> Any:
        for line in lines:
            yield line
            await asyncio.sleep(0.2)

    def schedule(self, method: str, rest: list[str], body: Any) -> Response:
        known = self.world.schedules
        match [method, *rest]:
            case ["GET"]:
                return said(self.world.listed(known))
            case ["POST", "preview"]:
                if len(body["cron"].split()) != 5:
                    raise Refused(
                        "{cron} is not a cron expression.", "Write five fields.", field="cron", **body
                    )
                return said({"words": "At 06:00 AM", "next_fires": samples.SCHEDULES[0].next_fires})
            case ["POST"]:
                known["p-9"] = samples.SCHEDULES[0].model_copy(update={**body, "id": "p-9", "last_run": None})
                return said(known["p-9"], 201)
            case ["PUT", name]:
                known[name] = self.found(known, name).model_copy(update=body)
                return said(known[name])
            case ["POST", name, "run"]:
                self.found(known, name)
                return said(samples.RUNS[0])
            case ["DELETE", name]:
                known.pop(name)
                return Response(status_code=204)
            case ["GET", name]:
                return said(self.found(known, name))
        raise NotFound("There is nothing at this address.")

    async def invoke(self, request: Request) -> Response:
        body = await request.json()
        self.remember(request, f"endpoints/{request.path_params['id']}", body)
        row = body["dataframe_split"]["data"][0]
        if isinstance(row[0], str):
            problem = Refused("alcohol must be a double.", "Send a number.", field="alcohol").problem()
            return said(problem, 400)
        return JSONResponse({"predictions": [1]})


if __name__ == "__main__":
    uvicorn.run(StandIn().app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
