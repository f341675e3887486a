"""A cluster for the tests, and a client for it."""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.kube import real
from tests.kube.installation import ClusterInstallation
from tests.kube.real import RealCluster
from tests.kube.standin.cluster import ADMIN, Cluster
from tests.kube.standin.images import Image
from tests.kube.standin.kinds import Object

IMAGE = "registry.example/python@sha256:" + "a" * 64
SPACE = "people"


class Client(httpx.Client):
    """Short words for what tests do with the API all the time."""

    def make(self, path: str, body: Object, status: int = 201) -> Any:
        return self._checked(self.post(path, json=body), status)

    def read(self, path: str, status: int = 200, **query: Any) -> Any:
        return self._checked(self.get(path, params=query or None), status)

    @staticmethod
    def _checked(answer: httpx.Response, status: int) -> Any:
        assert answer.status_code == status, answer.text
        return answer.json()

    def until(self, path: str, test: Callable[[Any], object], seconds: float = 15) -> Any:
        """The answer, once it passes the test."""
        ends = time.monotonic() + seconds
        while True:
            got = self.get(path)
            is_json = got.headers.get("content-type", "").startswith("application/json")
            answer = got.json() if is_json else got.text
            if test(answer):
                return answer
            assert time.monotonic() < ends, f"{path} stayed as it was: {answer}"
            time.sleep(0.03)

    def phase(self, name: str, wanted: str) -> Any:
        return self.until(f"{PODS}/{name}", lambda pod: (pod.get("status") or {}).get("phase") == wanted)

    def gone(self, path: str) -> None:
        self.until(path, lambda answer: answer.get("code") == 404)

    def told(self, reason: str) -> Any:
        """The first event with that reason."""
        path = f"/api/v1/namespaces/{SPACE}/events"
        found = self.until(path, lambda all_: [one for one in all_["items"] if one["reason"] == reason])
        return next(one for one in found["items"] if one["reason"] == reason)


PODS = f"/api/v1/namespaces/{SPACE}/pods"
JOBS = f"/apis/batch/v1/namespaces/{SPACE}/jobs"
CLAIMS = f"/api/v1/namespaces/{SPACE}/persistentvolumeclaims"

STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(600)
"""
"""A program that only a kill ends."""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with Cluster(tmp_path / "cluster") as running:
        running.namespace(SPACE)
        running.images.add(IMAGE, Image(programs=[Path(sys.executable).parent], folders=["/home/jovyan"]))
        yield running


@pytest.fixture
def api(cluster: Cluster) -> Iterator[Client]:
    with Client(base_url=cluster.url, headers={"Authorization": f"Bearer {ADMIN}"}, timeout=20) as client:
        yield client


def pod(name: str, *command: str, **spec: Any) -> Object:
    """A pod of one container that runs Python, or just stays."""
    words = ["python", "-c", *command] if command else ["sleep", "600"]
    container = {"name": "main", "image": IMAGE, "command": words} | spec.pop("container", {})
    labels = spec.pop("labels", {})
    return {
        "metadata": {"name": name, "labels": labels},
        "spec": {"containers": [container], "restartPolicy": "Never"} | spec,
    }


@pytest.fixture(scope="session")
def installation() -> Iterator[ClusterInstallation]:
    """Notebench on a real cluster, where one is named, else on one whose pods are processes here."""
    # Not below /tmp: that is a volume of the pods.
    made = tempfile.TemporaryDirectory(prefix="nbk-", dir="/var/tmp", ignore_cleanup_errors=True)
    with ExitStack() as until_the_end:
        folder = Path(until_the_end.enter_context(made))
        cluster: Cluster | RealCluster
        if real.why_not():
            cluster = until_the_end.enter_context(Cluster(folder / "c"))
        else:
            cluster = RealCluster()
            until_the_end.callback(cluster.remove, SPACE)
        started = ClusterInstallation(folder / "state", cluster)
        try:
            started.up()
            yield started
        finally:
            started.purge()
