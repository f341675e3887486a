"""The implementations of the seam, and the behaviours that every one must be able to show."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from kubernetes_asyncio import client
from notebench_spawner import processes
from notebench_spawner.backends.base import Backend, Phase
from notebench_spawner.backends.kubernetes.api import Api
from notebench_spawner.backends.kubernetes.backend import KubernetesBackend
from notebench_spawner.backends.kubernetes.connecting import connection
from notebench_spawner.backends.memory import MemoryBackend, Outcome
from notebench_spawner.backends.process import ProcessBackend
from notebench_spawner.placement import Placement
from notebench_spawner.pods.settings import Grace, Pods
from notebench_spawner.workload import Hardware, ImageVersion, Kind, Workload

from tests.launcher.world import World, why_not, world

Make = Callable[..., Workload]
REAL = os.environ.get("NOTEBENCH_TEST_KUBECONFIG")
"""A real cluster, on which `NOTEBENCH_TEST_PYTHON_IMAGE`, by its digest, has Python in /opt/notebench."""

BEHAVIOURS: dict[str, tuple[str, Outcome]] = {
    "succeeds": ("print('one'); print('two')", Outcome([Phase.succeeded], ["one", "two"], exit_code=0)),
    "fails": (
        "print('before'); raise SystemExit(3)",
        Outcome([Phase.failed], ["before"], "It ended with exit code 3.", 3),
    ),
    "stays": (
        "import time; print('here', flush=True); time.sleep(600)",
        Outcome([Phase.running], ["here"]),
    ),
    "stubborn": (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('here', flush=True);"
        "time.sleep(600)",
        Outcome([Phase.running], ["here"]),
    ),
}


@dataclass
class Seam:
    """One implementation under test."""

    name: str
    backend: Backend
    again: Callable[[], Backend]
    """The same backend as another process of the service would make it after a restart."""
    make: Make


def workload(home: Path, behaviour: str, **more: object) -> Workload:
    """A run that does what its behaviour says."""
    return Workload(
        id=f"run-{uuid4().hex[:12]}",
        kind=Kind.run,
        user="ada",
        image=ImageVersion(image="minimal", version="1", identity="image-1", python="3.11"),
        hardware=Hardware(profile="small", cpu=1, memory_mib=512),
        home=home,
        command=["python", "-u", "-c", BEHAVIOURS[behaviour][0]],
        env={"BEHAVIOUR": behaviour},
        **more,  # type: ignore[arg-type]
    )


def environments(root: Path) -> Path:
    """A directory of image environments with one image, which is this interpreter."""
    interpreter = root / "image-1" / "bin" / "python"
    interpreter.parent.mkdir(parents=True)
    interpreter.symlink_to(sys.executable)
    return root


@pytest.fixture(scope="module")
def launched() -> Iterator[World]:
    """An installation whose people have accounts of their own."""
    if reason := why_not():
        pytest.skip(reason)
    with world() as made:
        yield made


@pytest.fixture(params=["memory", "process", "launcher", "kubernetes", *(["cluster"] if REAL else [])])
def seam(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Seam]:
    if request.param == "cluster":
        yield from on_real_cluster(Path(REAL or ""), os.environ["NOTEBENCH_TEST_PYTHON_IMAGE"])
        return
    if request.param == "kubernetes":
        yield from on_cluster(tmp_path)
        return
    if request.param == "launcher":
        yield _launched(request.getfixturevalue("launched"))
        return
    home = tmp_path / "home"
    home.mkdir()

    def make(behaviour: str, **more: object) -> Workload:
        return workload(home, behaviour, **more)

    if request.param == "memory":
        kept = MemoryBackend(lambda one: deepcopy(BEHAVIOURS[one.env["BEHAVIOUR"]][1]))
        yield Seam("memory", kept, lambda: kept, make)
        return
    place = tmp_path / "workloads"
    images = environments(tmp_path / "environments")

    def again() -> Backend:
        return ProcessBackend(place, images, grace=0.5)

    yield Seam("process", again(), again, make)
    processes.end_all(place, grace=1)


def _launched(made: World) -> Seam:
    """The same backend over the launcher's hands."""

    def again() -> Backend:
        return ProcessBackend(made.workloads, made.root / "environments", grace=0.5, hands=made.hands)

    def make(behaviour: str, **more: object) -> Workload:
        return made.workload("ada", BEHAVIOURS[behaviour][0], **more)

    return Seam("launcher", again(), again, make)


DIGEST = "registry.example/minimal@sha256:" + "ab12" * 16


def on_cluster(tmp_path: Path) -> Iterator[Seam]:
    """The backend of a cluster, with a cluster whose pods are processes here."""
    from tests.kube.standin.cluster import ADMIN, Cluster
    from tests.kube.standin.images import Image

    # Not below /tmp: that is a volume of the pods.
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder, Cluster(tmp_path / "cluster") as cluster:
        inside = Path(folder) / "environment"
        (inside / "bin").mkdir(parents=True)
        (inside / "bin" / "python").symlink_to(Path(sys.executable).resolve())
        cluster.namespace("people")
        cluster.images.add(DIGEST, Image())
        settings = Pods(environment=str(inside), grace_seconds=Grace(run=1))
        claim(cluster.url, ADMIN)
        connect = connection(cluster.kubeconfig(tmp_path / "kubeconfig"))
        yield _clustered(connect, "people", settings, DIGEST)


def on_real_cluster(kubeconfig: Path, image: str) -> Iterator[Seam]:
    """The same on the cluster that a kubeconfig names, in a namespace that goes with the test."""
    from tests.kube import kubeconfig as admin

    space = f"notebench-{uuid4().hex[:8]}"
    with admin.client(kubeconfig) as http:
        http.post("/api/v1/namespaces", json={"metadata": {"name": space}}).raise_for_status()
        try:
            http.post(f"/api/v1/namespaces/{space}/persistentvolumeclaims", json=HOME).raise_for_status()
            yield _clustered(connection(kubeconfig), space, Pods(grace_seconds=Grace(run=1)), image)
        finally:
            http.delete(f"/api/v1/namespaces/{space}")


def _clustered(connect: Callable[[], client.ApiClient], space: str, settings: Pods, reference: str) -> Seam:
    def again() -> Backend:
        return KubernetesBackend(Api(connect, space), settings)

    def make(behaviour: str, **more: object) -> Workload:
        one = workload(Path("/home/ada"), behaviour, **more)
        # All of one home go to one node, which must have room for them.
        small = one.hardware.model_copy(update={"placement": Placement(cpu_request=0.1)})
        image = one.image.model_copy(update={"digest": reference})
        return one.model_copy(update={"image": image, "hardware": small, "secret_env": {"T": "x"}})

    return Seam("kubernetes", again(), again, make)


HOME = {
    "metadata": {"name": "claim-ada"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}


def claim(url: str, token: str) -> None:
    """A home, as its owner's first session makes it."""
    answer = httpx.post(
        f"{url}/api/v1/namespaces/people/persistentvolumeclaims",
        json=HOME,
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
    )
    assert answer.status_code == 201, answer.text
