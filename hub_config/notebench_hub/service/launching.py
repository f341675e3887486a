"""What the service launches notebook runs and model servers with, on one machine or on a cluster."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from notebench_spawner.backends.base import Backend
from notebench_spawner.backends.process import ProcessBackend
from notebench_spawner.hands import Hands
from notebench_spawner.pods.names import namespace
from notebench_spawner.sessions.preparation import prepare_environment
from notebench_spawner.workload import Kind, Workload

from notebench_hub.hands import hands_with_ready
from notebench_hub.place import Place
from notebench_hub.service.cluster_hands import ClusterHands
from notebench_hub.service.ground import ProjectVolumes
from notebench_hub.settings import Settings
from notebench_hub.shipped import catalogue_file

if TYPE_CHECKING:
    from notebench_spawner.backends.kubernetes.nodes import NodeList


def launching(place: Place, settings: Settings) -> tuple[Backend, Hands]:
    """The backend, and the hands for people's files. Raises NotebenchError."""
    return _on_cluster(place, settings) if settings.mode == "kubernetes" else _here(place, settings)


def _here(place: Place, settings: Settings) -> tuple[Backend, Hands]:
    """Processes, with what they need made before."""
    hands = hands_with_ready(place, settings, Kind.run)

    async def prepare(workload: Workload) -> None:
        catalogue, root = catalogue_file(settings), place.environments
        await asyncio.to_thread(hands.prepare_home, workload)
        await prepare_environment(workload, catalogue, root, lambda _: None, hands)

    return ProcessBackend(place.workloads, place.environments, prepare=prepare, hands=hands), hands


class GivenVolumes:
    """Volumes that an admin has made."""

    async def ready(self, project: str) -> None:
        """They are there, or the pod says which one it waits for."""


def project_volumes(settings: Settings) -> ProjectVolumes | None:
    """Where projects have their files on a cluster; None where they have none."""
    cluster = settings.kubernetes
    projects = cluster.pods.projects
    if projects.volumes == "off":
        return None
    if projects.volumes == "given":
        return GivenVolumes()
    from notebench_spawner.backends.kubernetes.api import Api
    from notebench_spawner.backends.kubernetes.connecting import connection
    from notebench_spawner.backends.kubernetes.project_volumes import ProjectVolumes as MadeVolumes

    storage, connect = cluster.project_storage, connection()

    def api_of(project: str) -> Api:
        return Api(connect, namespace(cluster.pods.namespaces, cluster.namespace, "", project))

    return MadeVolumes(api_of, projects, size=storage.size, storage_class=storage.storage_class)


def seeing_nodes(settings: Settings) -> "NodeList | None":
    """Who looks at a cluster's nodes; None where nobody may, and on one machine."""
    if settings.mode != "kubernetes" or not settings.kubernetes.see_nodes:
        return None
    from notebench_spawner.backends.kubernetes.asking import Asker
    from notebench_spawner.backends.kubernetes.connecting import connection
    from notebench_spawner.backends.kubernetes.nodes import NodeList

    return NodeList(Asker(connection()))


def _on_cluster(place: Place, settings: Settings) -> tuple[Backend, Hands]:
    """Jobs and Deployments."""
    from notebench_spawner.backends.kubernetes.api import Api  # only there its libraries are installed
    from notebench_spawner.backends.kubernetes.backend import KubernetesBackend
    from notebench_spawner.backends.kubernetes.connecting import connection
    from notebench_spawner.backends.kubernetes.spaces import Spaces

    cluster = settings.kubernetes
    connect, spaces = connection(), cluster.pods.namespaces

    def backend_in(space: str) -> KubernetesBackend:
        return KubernetesBackend(Api(connect, space), cluster.pods)

    def space_of(workload: Workload) -> str:
        return namespace(spaces, cluster.namespace, workload.user, workload.acting_for)

    backend: Backend = backend_in(cluster.namespace)
    if spaces.people or spaces.projects:
        backend = Spaces(cluster.namespace, space_of, backend_in)
    return backend, ClusterHands(Path(cluster.home), place.workloads)
