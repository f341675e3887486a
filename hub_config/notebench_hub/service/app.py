"""The composition root: builds the parts, plugs the features in, makes the application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import APIRouter, Depends, FastAPI
from notebench_spawner.backends.base import Backend
from notebench_spawner.catalogue.hardware import Machine, look
from notebench_spawner.catalogue.model import mebibytes
from notebench_spawner.hands import Hands

from notebench_hub.hands import hands_of
from notebench_hub.instance import mlflow_address
from notebench_hub.place import Instance, Place
from notebench_hub.service import (
    api,
    audit,
    catalogue,
    deployments,
    health,
    pages,
    people,
    runs,
    schedules,
    sessions,
    strays,
)
from notebench_hub.service.controllers import Controllers
from notebench_hub.service.devices import Devices
from notebench_hub.service.doors import Doors
from notebench_hub.service.doors.hub import HubClient
from notebench_hub.service.doors.login import Login
from notebench_hub.service.doors.refused import Refusals
from notebench_hub.service.doors.seal import Seal
from notebench_hub.service.doors.tokens import Tokens
from notebench_hub.service.environment import Environment
from notebench_hub.service.feature import Feature, Parts
from notebench_hub.service.gateway import feature as gateway
from notebench_hub.service.ground import Ground, OnCluster, OnMachine
from notebench_hub.service.launching import project_volumes
from notebench_hub.service.mlflow_client.client import Mlflow
from notebench_hub.service.mlflow_client.workspaces import Workspaces
from notebench_hub.service.shelf import Shelf
from notebench_hub.service.store import store_of
from notebench_hub.service.tracking.feature import Tracking
from notebench_hub.settings import Settings
from notebench_hub.shipped import catalogue_file


def build_parts(
    place: Place, instance: Instance, settings: Settings, backend: Backend, hands: Hands | None = None
) -> Parts:
    """What features share; `hands` are those of the installation. Opens nothing yet: the lifespan does."""
    hands = hands or hands_of(place)
    machine = _machine(settings)
    store = store_of(place, settings)
    hub_token = place.secret("service-hub-token")
    hub = HubClient(instance.hub_api_url, hub_token)
    tokens = Tokens(store)
    shelf = Shelf(catalogue_file(settings), machine, store, hub)
    login = Login(hub, Seal(place.secret("service-cookie")), secret=hub_token)
    return Parts(
        place=place,
        instance=instance,
        settings=settings,
        store=store,
        doors=Doors(store, hub, tokens, login),
        tokens=tokens,
        hub=hub,
        environment=Environment(
            instance, hands, home_size=_bytes(settings.homes.size), in_pods=settings.mode == "kubernetes"
        ),
        shelf=shelf,
        resolver=shelf,
        backend=backend,
        hands=hands,
        devices=Devices(store, machine.devices if machine else (), hands.settle),
        ground=_ground(settings, instance, hands),
    )


def compose(parts: Parts) -> list[Feature]:
    """All features of the service, each handed what it needs of others."""
    address = mlflow_address(parts.place, parts.settings)
    mlflow = Mlflow(address, parts.place.secret("mlflow-signing-key"))
    workspaces = Workspaces(mlflow)
    tracking = Tracking(parts, mlflow, workspaces)
    directory = deployments.Directory(parts.store)
    return [
        people.feature(parts),
        audit.feature(parts),
        catalogue.feature(parts),
        sessions.feature(parts),
        runs.feature(parts),
        schedules.feature(parts),
        tracking.feature(),
        deployments.feature(parts, tracking.models, directory),
        gateway.feature(parts, mlflow, workspaces, directory),
        pages.feature(parts),
        Feature(name="devices", controllers=[parts.devices]),
        strays.feature(parts.store, parts.backend),
    ]


def create_app(parts: Parts, features: list[Feature]) -> FastAPI:
    """The application; its lifespan opens the store and runs the controllers."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        parts.store.open()
        controllers = Controllers(features)
        app.state.controllers = controllers
        controllers.start()
        yield
        await controllers.stop()
        await parts.hub.close()
        parts.store.close()

    app = FastAPI(
        title="Notebench",
        version=version("notebench-hub"),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        separate_input_output_schemas=False,  # one type per model in the panels
    )
    app.state.doors = parts.doors
    app.state.refusals = Refusals(parts.store)
    app.add_middleware(api.Guard, guarded=(f"{parts.prefix}/api/", f"{parts.prefix}/internal/"))
    api.install(app)
    for feature in features:  # first what notebooks log through: each request is compared with these in order
        for router in feature.outside:
            app.include_router(router, prefix=parts.prefix, include_in_schema=False)
    app.include_router(parts.doors.login.router(), prefix=parts.prefix)
    app.include_router(health.router(parts, features), prefix=parts.prefix)
    for feature in features:
        for router in feature.api:
            app.include_router(_versioned(router), prefix=parts.prefix + "/api/v1", tags=[feature.name])
    return app


def _bytes(size: str) -> int:
    return mebibytes(size) << 20 if size else 0


def _ground(settings: Settings, instance: Instance, hands: Hands) -> Ground:
    """Loading a model runs its code: of any network it reaches only where it asks for the model."""
    if settings.mode == "kubernetes":
        return OnCluster(settings.kubernetes.pods.environment, project_volumes(settings))
    return OnMachine(hands, None if settings.model_servers.network == "open" else instance.service_port)


def _machine(settings: Settings) -> Machine | None:
    """Where workloads run: this machine, or (None) a cluster."""
    return look() if settings.mode == "embedded" else None


def _versioned(router: APIRouter) -> APIRouter:
    outer = APIRouter(dependencies=[Depends(api.contract_version)])
    outer.include_router(router)
    return outer
