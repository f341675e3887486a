"""The parts of an installation on one machine: proxy, hub, MLflow and service."""

import asyncio
import logging
import os
import sys
from importlib.metadata import version
from pathlib import Path

from notebench_hub.place import Instance, Place
from notebench_hub.supervisor import programs
from notebench_hub.supervisor.helper import Helper
from notebench_hub.supervisor.part import Part, Probe

log = logging.getLogger(__name__)

HELPER = "images"
NAMES = ("proxy", "hub", "mlflow", "service")
_SERVICE_HEALTH = "/services/notebench/health"


def parts(place: Place, instance: Instance) -> list[Part]:
    """All four, in the order in which they are started. Raises Unavailable where a program is missing."""
    return [_proxy(place, instance), _hub(place, instance), _mlflow(place), _service(place, instance)]


def image_builder(place: Place) -> Helper:
    """Builds the environments of the images that are not the default one."""
    return Helper(HELPER, (sys.executable, "-m", "notebench_hub.supervisor.images"), place, environment())


def environment() -> dict[str, str]:
    """What every part gets: ours without what slows Python down or would lead it elsewhere."""
    drop = {"PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONHOME", "CONFIGPROXY_AUTH_TOKEN", "VIRTUAL_ENV"}
    kept = {name: value for name, value in os.environ.items() if name not in drop}
    binaries = str(Path(sys.executable).parent)
    return {
        **kept,
        "PATH": os.pathsep.join([binaries, kept.get("PATH", os.defpath)]),
        "PYTHONUNBUFFERED": "1",  # what a part says before it crashes must be in its log
    }


def _proxy(place: Place, instance: Instance) -> Part:
    token = place.secret("proxy-token")
    api = f"http://127.0.0.1:{instance.proxy_api_port}"
    program = programs.proxy() / "bin" / "configurable-http-proxy"
    addresses = ("--import", (Path(__file__).parent / "proxy_addresses.mjs").as_uri())
    listen = ("--ip", instance.ip, "--port", str(instance.port))
    listen_api = ("--api-ip", "127.0.0.1", "--api-port", str(instance.proxy_api_port))

    async def resync() -> None:
        await resync_routes(place, instance)

    return Part(
        name="proxy",
        command=(str(programs.node()), *addresses, str(program), *listen, *listen_api),
        probe=Probe(f"{api}/api/routes", headers={"Authorization": f"token {token}"}),
        address=instance.public_url,
        version=programs.proxy_version(),
        env={**environment(), "CONFIGPROXY_AUTH_TOKEN": token},
        cwd=place.root,
        back=resync,
    )


async def resync_routes(place: Place, instance: Instance) -> None:
    """Make the hub tell a restarted proxy its routes at once. A hub that starts does so by itself."""
    import httpx  # rarely needed, and slow to import

    token = place.secret("supervisor-hub-token")
    async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
        for pause in (0.0, 0.5, 2.0):
            await asyncio.sleep(pause)
            try:
                answer = await client.post(
                    f"{instance.hub_api_url}/proxy", headers={"Authorization": f"token {token}"}
                )
            except httpx.HTTPError as error:
                log.warning("The hub did not take the request to resync its routes: %r", error)
                continue
            if answer.is_success:
                return
            log.warning("The hub answered %s to the request to resync its routes.", answer.status_code)


def _hub(place: Place, instance: Instance) -> Part:
    return Part(
        name="hub",
        command=(sys.executable, "-m", "jupyterhub", "-f", str(programs.hub_configuration())),
        probe=Probe(f"{instance.hub_api_url}/"),
        address=f"http://127.0.0.1:{instance.hub_port}/hub/",
        version=version("jupyterhub"),
        env=environment(),
        cwd=place.hub,
        after=("proxy",),  # a hub that cannot reach its proxy ends
    )


def _mlflow(place: Place) -> Part:
    return Part(
        name="mlflow",
        command=(sys.executable, "-m", "notebench_hub.service.gateway.mlflow_server"),
        probe=Probe("http://localhost/health", socket=place.mlflow_socket),
        address=f"unix:{place.mlflow_socket}",
        version=version("mlflow"),
        env=environment(),
        cwd=place.mlflow,
    )


def _service(place: Place, instance: Instance) -> Part:
    return Part(
        name="service",
        command=(sys.executable, "-m", "notebench_hub.service"),
        probe=Probe(instance.service_url + _SERVICE_HEALTH),
        address=instance.service_url + "/services/notebench/",
        version=version("notebench-hub"),
        env=environment(),
        cwd=place.service,
    )
