"""Routes of deployments."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import StreamingResponse
from notebench.contract.base import NAME_PATTERN
from notebench.contract.deployments import Deployment, DeployRequest, DesiredRequest
from notebench_spawner.backends.base import Handle

from notebench_hub.service.deployments.desk import Desk
from notebench_hub.service.doors import Person, Writer
from notebench_hub.service.feature import Parts
from notebench_hub.service.shown import language_of, text
from notebench_hub.service.store import deployments as rows
from notebench_hub.service.store.deployments import ServerRecord

Named = Annotated[str, Path(pattern=f"^{NAME_PATTERN}$")]


def router(parts: Parts, desk: Desk) -> APIRouter:
    """All routes below `/deployments`."""
    routes = APIRouter()

    @routes.get("/deployments")
    async def list_deployments(request: Request, asker: Person) -> list[Deployment]:
        found = await parts.store.read(rows.listing, asker.owner)
        return [desk.shown(one, language_of(request)) for one in found]

    @routes.put("/deployments/{name}")
    async def put(request: Request, name: Named, wish: DeployRequest, asker: Writer) -> Deployment:
        return desk.shown(await desk.put(asker, name, wish), language_of(request))

    @routes.get("/deployments/{name}")
    async def get_deployment(request: Request, name: Named, asker: Person) -> Deployment:
        return desk.shown(await desk.find(asker, name), language_of(request))

    @routes.put("/deployments/{name}/desired")
    async def desire(request: Request, name: Named, wish: DesiredRequest, asker: Person) -> Deployment:
        return desk.shown(await desk.desire(asker, name, wish.desired), language_of(request))

    @routes.delete("/deployments/{name}", status_code=204)
    async def remove(name: Named, asker: Person) -> Response:
        await desk.remove(asker, name)
        return Response(status_code=204)

    @routes.get("/deployments/{name}/logs", response_class=StreamingResponse)
    async def logs(name: Named, asker: Person, follow: bool = False) -> StreamingResponse:
        record = await desk.find(asker, name)
        servers = await parts.store.read(rows.servers_of, record.id)
        return text(_lines(parts, servers, follow))

    return routes


async def _lines(parts: Parts, servers: list[ServerRecord], follow: bool) -> AsyncIterator[str]:
    """Logs of the newest attempts, under headings where there are several; the last one is followed."""
    started = [one for one in servers if one.handle]
    for place, one in enumerate(started, start=1):
        if len(started) > 1:
            yield f"--- version {one.version}, replica {one.number + 1} ---"
        last = place == len(started)
        async for line in parts.backend.logs(Handle.model_validate(one.handle), follow=follow and last):
            yield line
