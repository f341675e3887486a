"""The gateway, ready to be plugged into the service."""

from fastapi import APIRouter, Request, Response

from notebench_hub.service.feature import Feature, Parts
from notebench_hub.service.gateway import endpoints_door, mlflow_door, noting
from notebench_hub.service.gateway.endpoints_door import EndpointsDoor
from notebench_hub.service.gateway.mlflow_door import MlflowDoor
from notebench_hub.service.mlflow_client.client import Mlflow
from notebench_hub.service.mlflow_client.workspaces import Workspaces
from notebench_hub.service.ports import Endpoints
from notebench_hub.service.relay import Rules
from notebench_hub.settings import Limits

METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]


def feature(
    parts: Parts, mlflow: Mlflow, workspaces: Workspaces, endpoints: Endpoints | None = None
) -> Feature:
    """The gateway; its door to model servers is there as soon as somebody knows where they are."""
    note = noting.into(parts.store)
    return Feature("gateway", outside=[router(parts.settings.limits, mlflow, workspaces, endpoints, note)])


def router(
    limits: Limits,
    mlflow: Mlflow,
    workspaces: Workspaces,
    endpoints: Endpoints | None = None,
    note: noting.Note = noting.nowhere,
) -> APIRouter:
    """The routes below `/services/notebench`; they are not part of the API's document."""

    def rules(types: frozenset[str]) -> Rules:
        return Rules(limits.body_mib * 2**20, float(limits.request_seconds), types)

    to_mlflow = MlflowDoor(mlflow, workspaces, rules(mlflow_door.TYPES), note)

    async def mlflow_route(request: Request) -> Response:
        return await to_mlflow(request)

    routes = APIRouter(include_in_schema=False)
    routes.add_api_route("/mlflow/{path:path}", mlflow_route, methods=METHODS)
    if endpoints:
        to_models = EndpointsDoor(endpoints, rules(endpoints_door.TYPES))

        async def endpoint_route(request: Request) -> Response:
            return await to_models(request)

        routes.add_api_route("/endpoints/{path:path}", endpoint_route, methods=METHODS)
    return routes
