"""One of each object that Notebench makes in a cluster, for a dry run; and what installing takes."""

from importlib.metadata import version
from pathlib import Path

from notebench_spawner.catalogue.model import Document
from notebench_spawner.pods.model_server import Replicas, deployment_spec, service_spec
from notebench_spawner.pods.pod import Manifest, pod_spec
from notebench_spawner.pods.rights import HUB, PROJECTS, SERVICE, Right
from notebench_spawner.pods.run import job_spec
from notebench_spawner.workload import Hardware, ImageVersion, Kind, Workload

from notebench_hub.doctor.probes import Volume
from notebench_hub.settings import Settings

_PORT = 8888
_NOBODYS = "notebench/minimal@sha256:" + "0" * 64
"""Where the catalogue has no digest yet: a dry run fetches nothing."""

INSTALLING = tuple(
    Right(group, resource, ("create",), "Is part of the chart.")
    for group, resource in (
        ("", "configmaps"),
        ("", "persistentvolumeclaims"),
        ("", "secrets"),
        ("", "serviceaccounts"),
        ("", "services"),
        ("apps", "deployments"),
        ("networking.k8s.io", "networkpolicies"),
        ("rbac.authorization.k8s.io", "rolebindings"),
        ("rbac.authorization.k8s.io", "roles"),
    )
)
"""What whoever installs makes."""


def asked_rights() -> list[tuple[Right, str]]:
    """Each verb of hub, service and installation, once."""
    found = {
        (one.group, one.resource, verb): one
        for one in (*HUB, *SERVICE, *PROJECTS, *INSTALLING)
        for verb in one.verbs
    }
    return [(one, verb) for (_group, _resource, verb), one in sorted(found.items(), key=lambda item: item[0])]


def wishes(settings: Settings, catalogue: Document) -> list[Manifest]:
    """The pods of all three kinds, and what is around them. Raises Refused for a digest that is none."""
    pods, storage = settings.kubernetes.pods, settings.kubernetes.storage
    session, run, server = (_workload(kind, settings, catalogue) for kind in Kind)
    home = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "notebench-doctor-home"},
        "spec": {
            "accessModes": [pods.homes.access],
            "resources": {"requests": {"storage": storage.size}},
            **({"storageClassName": storage.storage_class} if storage.storage_class else {}),
        },
    }
    return [
        pod_spec(session, pods),
        pod_spec(run, pods),
        pod_spec(server, pods),
        job_spec(run, pods),
        deployment_spec(server, pods, Replicas()),
        service_spec(server, pods),
        home,
    ]


def _workload(kind: Kind, settings: Settings, catalogue: Document) -> Workload:
    profile = next(one for one in catalogue.profiles if one.id == catalogue.default.profile)
    image = next(one for one in catalogue.images if one.id == catalogue.default.image)
    newest = image.current() or image.versions[0]
    digest = newest.kubernetes.reference if newest.kubernetes else ""
    return Workload(
        id=f"notebench-doctor-{kind.value}",
        kind=kind,
        user="notebench-doctor",
        image=ImageVersion(
            image=image.id,
            version=newest.name,
            identity="doctor",
            python=newest.python,
            digest=digest or _NOBODYS,
        ),
        hardware=Hardware(
            profile=profile.id, cpu=profile.cpu, memory_mib=profile.memory, placement=profile.kubernetes
        ),
        home=Path(settings.kubernetes.home),
        command=["python", "-m", "notebench.lab.session"],
        port=None if kind is Kind.run else _PORT,
    )


def probe_image(catalogue: Document) -> str:
    """Our own minimal image, as the catalogue has it."""
    found = next((one.current() for one in catalogue.images if one.id == "minimal"), None)
    if found and found.kubernetes:
        return found.kubernetes.reference or f"{found.kubernetes.image}:{found.name}"
    return f"notebench/minimal:{version('notebench-hub')}"


def probe_volumes(settings: Settings) -> list[Volume]:
    """A home, and where such volumes are made a project's."""
    found = settings.kubernetes
    home = Volume("home", found.pods.homes.access, found.storage.storage_class)
    project = Volume("project", "ReadWriteMany", found.project_storage.storage_class)
    return [home, project] if found.pods.projects.volumes == "made" else [home]
