"""The settings of an installation on a cluster; they count in the mode `kubernetes` only."""

from typing import Annotated
from urllib.parse import urlsplit

from notebench_spawner.placement import ObjectName
from notebench_spawner.pods.settings import AbsolutePath, Pods
from pydantic import AfterValidator, Field

from notebench_hub.section import Section


def _an_address(value: str) -> str:
    """The address without a slash at the end. Raises ValueError."""
    found = urlsplit(value)
    if found.scheme not in ("http", "https") or not found.hostname or found.query or found.fragment:
        raise ValueError("an address like http://name:8081 is needed")
    return value.rstrip("/")


Address = Annotated[str, AfterValidator(_an_address)]


class Addresses(Section):
    """Where the parts are; each listens at the port of its own address."""

    public: Address = Field(
        default="http://127.0.0.1:8000", description="What people open in their browsers."
    )
    hub: Address = Field(default="http://hub:8081", description="The hub, inside of the cluster.")
    proxy_api: Address = Field(default="http://proxy-api:8001", description="The API of the proxy.")
    service: Address = Field(
        default="http://notebench:8080", description="The Notebench service, with the gateway."
    )
    mlflow: Address = Field(
        default="http://notebench-mlflow:5000", description="MLflow; only the gateway talks to it."
    )
    listen: str = Field(default="0.0.0.0", description="Address on which every part listens.")  # noqa: S104


class Storage(Section):
    """Volumes that are made."""

    size: str = Field(
        default="10Gi", pattern=r"^[1-9][0-9]{0,6}(Mi|Gi|Ti)$", description="What a new volume has."
    )
    storage_class: ObjectName = Field(
        default="", description="Class of new volumes; empty for the cluster's default."
    )


class Kubernetes(Section):
    """A cluster: where workloads become pods, Jobs and Deployments."""

    namespace: str = Field(
        default="notebench",
        pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
        description="Namespace of sessions, notebook runs and model servers.",
    )
    home: AbsolutePath = Field(default="/home/notebench", description="Where a home is, in a pod.")
    storage: Storage = Field(default=Storage(), description="Volumes that are made for homes.")
    project_storage: Storage = Field(
        default=Storage(),
        description="Volumes that are made for projects; the class must offer ReadWriteMany.",
    )
    see_nodes: bool = Field(
        default=False,
        description="Say of hardware profiles whether a node could take them. The service must be allowed to "
        "list nodes, which is a right in the whole cluster; without it that is not known.",
    )
    addresses: Addresses = Field(default=Addresses(), description="Where the parts are.")
    pods: Pods = Field(default=Pods(), description="What all pods of workloads have in common.")
