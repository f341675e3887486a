"""Where the parts are: what `up` decided on one machine, what the settings say on a cluster."""

from importlib.metadata import version
from urllib.parse import urlsplit

from notebench_hub.kube_settings import Addresses
from notebench_hub.place import Instance, Place
from notebench_hub.settings import Settings

_PORTS = {"http": 80, "https": 443}


class ClusterInstance(Instance):
    """An installation whose parts are pods: they know each other by the names of Services."""

    addresses: Addresses

    @property
    def public_url(self) -> str:
        return self.addresses.public + "/"

    @property
    def service_url(self) -> str:
        return self.addresses.service

    @property
    def hub_api_url(self) -> str:
        return f"{self.addresses.hub}/hub/api"

    @property
    def hub_bind_url(self) -> str:
        return f"http://{self.ip}:{self.hub_port}"

    @property
    def hub_beside_url(self) -> str:
        """The hub's API for what runs beside it: many networks lead no pod back to itself by a Service."""
        return f"http://{'127.0.0.1' if self.ip == '0.0.0.0' else self.ip}:{self.hub_port}/hub/api"  # noqa: S104

    @property
    def hub_connect_url(self) -> str:
        """How sessions and the proxy reach the hub."""
        return self.addresses.hub

    @property
    def proxy_bind_url(self) -> str:
        """Where the proxy listens; who encrypts is in front of it."""
        return f"http://:{self.port}/"

    @property
    def proxy_api_url(self) -> str:
        return self.addresses.proxy_api


def instance_of(place: Place, settings: Settings) -> Instance:
    """Where the parts are. Raises FileNotFoundError on a machine on which nothing was started yet."""
    if settings.mode == "embedded":
        return place.instance()
    found = settings.kubernetes.addresses
    return ClusterInstance(
        version=version("notebench-hub"),
        state_format=1,
        ip=found.listen,
        port=_port(found.public),
        proxy_api_port=_port(found.proxy_api),
        hub_port=_port(found.hub),
        service_port=_port(found.service),
        addresses=found,
    )


def mlflow_address(place: Place, settings: Settings) -> str:
    """Where MLflow is: `unix:/path`, or `http://host:port`."""
    if settings.mode == "embedded":
        return f"unix:{place.mlflow_socket}"
    return settings.kubernetes.addresses.mlflow


def _port(address: str) -> int:
    found = urlsplit(address)
    return found.port or _PORTS[found.scheme]
