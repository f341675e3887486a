"""What a pod sees of files: the home, or of it only the layer; projects; shared memory and scratch."""

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from notebench.contract.errors import Refused

from notebench_spawner.pods import names
from notebench_spawner.pods.resources import shared_memory
from notebench_spawner.pods.settings import Pods
from notebench_spawner.workload import Kind, Workload

HOME, SHM, SCRATCH = "home", "shm", "scratch"


@dataclass
class Files:
    """The pod's volumes, where its container has them, and the claim of the home if that is one of them."""

    volumes: list[dict[str, Any]] = field(default_factory=list)
    mounts: list[dict[str, Any]] = field(default_factory=list)
    home_claim: str = ""


def files(workload: Workload, settings: Pods) -> Files:
    """All that a workload has of files."""
    found = _served(workload, settings) if workload.kind is Kind.model_server else _home(workload, settings)
    for number, share in enumerate(sorted(workload.shares, key=lambda one: one.project)):
        claim = names.project_claim(settings.projects, share.project)
        found.volumes.append(_claim(f"project-{number}", claim))
        mount = names.project_mount(settings.projects, share.project, str(workload.home))
        folder = names.project_folder(settings.projects, share.project)
        found.mounts.append(_mount(f"project-{number}", mount, folder, writable=share.writable))
    found.volumes.append(
        {"name": SHM, "emptyDir": {"medium": "Memory", "sizeLimit": shared_memory(workload.hardware)}}
    )
    found.mounts.append(_mount(SHM, "/dev/shm"))  # noqa: S108 - where programs look for it
    found.volumes.append({"name": SCRATCH, "emptyDir": {}})
    found.mounts.append(_mount(SCRATCH, "/tmp"))  # noqa: S108 - a private one
    return found


def _home(workload: Workload, settings: Pods) -> Files:
    claim = names.home_claim(settings.homes, workload.user)
    folder = names.home_folder(settings.homes, workload.user)
    return Files([_claim(HOME, claim)], [_mount(HOME, str(workload.home), folder)], claim)


def _served(workload: Workload, settings: Pods) -> Files:
    """A model server is code that somebody logged: of its owner's files it reads the layer and no more."""
    empty = {"name": "own", "emptyDir": {}}
    own = _mount("own", str(workload.home))
    if workload.layer is None:
        return Files([empty], [own])
    claim = names.home_claim(settings.homes, workload.user)
    folder = PurePosixPath(names.home_folder(settings.homes, workload.user)) / _below_home(workload)
    layer = _mount(HOME, str(workload.layer), str(folder), writable=False)
    return Files([empty, _claim(HOME, claim)], [own, layer], claim)


def _below_home(workload: Workload) -> PurePosixPath:
    layer, home = PurePosixPath(str(workload.layer)), PurePosixPath(str(workload.home))
    if home not in layer.parents or ".." in layer.parts:
        raise Refused(
            "The environment layer {layer} is not in the home {home}.",
            "Start it without the layer, or tell an admin.",
            code="layer-elsewhere",
            layer=layer,
            home=home,
        )
    return layer.relative_to(home)


def _claim(name: str, claim: str) -> dict[str, Any]:
    return {"name": name, "persistentVolumeClaim": {"claimName": claim}}


def _mount(name: str, path: str, folder: str = "", *, writable: bool = True) -> dict[str, Any]:
    return {
        "name": name,
        "mountPath": path,
        **({"subPath": folder} if folder else {}),
        **({} if writable else {"readOnly": True}),
    }
