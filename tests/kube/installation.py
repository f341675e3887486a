"""A whole installation on a cluster: its parts run here, sessions, runs and model servers are pods."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
from notebench_hub.instance import instance_of
from notebench_hub.place import VARIABLE, Place
from notebench_hub.settings import load
from notebench_hub.supervisor.embedded import parts
from notebench_spawner.catalogue.environments import build
from notebench_spawner.catalogue.load import load as load_catalogue
from notebench_spawner.catalogue.resolve import resolve
from ruamel.yaml import YAML

from tests import leaks
from tests.hub.workbench import free_ports
from tests.installation import Installation, wait_for
from tests.kube.real import RealCluster
from tests.kube.standin.cluster import Cluster
from tests.kube.standin.images import Image
from tests.kube.standin.volumes import SHARED

ROOT = Path(__file__).parents[2]
SPACE = "people"
IMAGE = "registry.example/scientific"
DIGEST = "sha256:" + "ab12" * 16

PROJECTS = {"projects": {"volumes": "made"}}

HUB = """
from notebench_hub.hub import configure
configure(c)
"""
AS_ROOT = """
c.Spawner.args = ["--allow-root"]  # pods are processes of this account here
"""


def environment() -> Path:
    """The scientific image's environment, as one machine has it; it stands for the container's."""
    catalogue = load_catalogue(ROOT / "images" / "catalogue.yaml")
    from notebench_spawner.catalogue.hardware import look

    version, _ = resolve(catalogue, "scientific", "small", groups=(), machine=look())
    return build(catalogue, version, Place(Path("/nonexistent")).environments)


class ClusterInstallation(Installation):
    """Proxy, hub, MLflow and service as processes of this machine, in the mode `kubernetes`."""

    def __init__(self, state: Path, cluster: Cluster | RealCluster) -> None:
        super().__init__(state)
        self.cluster = cluster
        self.real = isinstance(cluster, RealCluster)
        self.address = cluster.address if isinstance(cluster, RealCluster) else "127.0.0.1"
        reference = cluster.reference if isinstance(cluster, RealCluster) else f"{IMAGE}@{DIGEST}"
        self.image, _, self.digest = reference.partition("@")
        self.place = Place(state)
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def up(self) -> None:
        """Start the four parts, and wait until all are well."""
        self.cluster.namespace(SPACE)
        if isinstance(self.cluster, Cluster):
            self.cluster.images.add(f"{self.image}@{self.digest}", Image())
        self.settle()
        for name in ("proxy", "hub", "mlflow", "service"):
            self.start(name)
        self.wait_healthy()
        self._wake_mlflow()

    def _wake_mlflow(self) -> None:
        """Its first answer takes seconds on a busy machine, and its clients in notebooks wait for three."""
        self.add_user("first")
        with self.api(self.token("first")) as api:
            wait_for(lambda: api.get("experiments").is_success, 120, "MLflow's first answer")

    def settle(self) -> None:
        self.place.create()
        public, api, hub, service, mlflow = (f"http://{self.address}:{port}" for port in free_ports(5))
        addresses = {"public": public, "proxy_api": api, "hub": hub, "service": service, "mlflow": mlflow}
        addresses["proxy_api"] = api.replace(
            self.address, "127.0.0.1"
        )  # where the proxy of one machine has it
        settings = {
            "mode": "kubernetes",
            "catalogue": str(self._catalogue()),
            "sessions": {"start_timeout_seconds": 120},
            "kubernetes": {
                "namespace": SPACE,
                "storage": {"size": "1Gi"},
                "addresses": {**addresses, "listen": self.address},
                "pods": {} if self.real else {"environment": str(environment()), **PROJECTS},
                "project_storage": {"size": "1Gi", **({} if self.real else {"storage_class": SHARED})},
            },
        }
        with self.place.settings_file.open("w") as opened:
            YAML().dump(settings, opened)
        (self.state / "hub.py").write_text(HUB if self.real else HUB + AS_ROOT)

    def _catalogue(self) -> Path:
        """The one that ships, with a container image for the scientific one and small requests."""
        tree = YAML().load(ROOT / "images" / "catalogue.yaml")
        for image in tree["images"]:
            version = image["versions"][0]
            if image["id"] == "scientific":
                version["kubernetes"] = {"image": self.image, "digest": self.digest}
        for profile in tree["profiles"]:
            profile["kubernetes"] = {"cpu_request": 0.1, "memory_request": "256Mi"}
        file = shutil.copytree(ROOT / "images", self.state / "images") / "catalogue.yaml"
        with file.open("w") as opened:
            YAML().dump(tree, opened)
        return file

    def start(self, name: str) -> None:
        """Start one part."""
        instance = instance_of(self.place, load(self.place))
        part = next(one for one in parts(self.place, instance) if one.name == name)
        words = [str(word) for word in part.command]
        if name == "hub":
            words[-1] = str(self.state / "hub.py")
        if name == "service":
            words = [sys.executable, "-m", "tests.kube.cluster_names", "notebench_hub.service"]
        kubeconfig = self.cluster.kubeconfig(self.state.parent / "kubeconfig", namespace=SPACE)
        env = {
            **part.env,
            VARIABLE: str(self.state),
            "KUBECONFIG": str(kubeconfig),
        }
        if name == "service":
            env["PYTHONPATH"] = str(ROOT)
        with (self.place.logs / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(words, env=env, cwd=part.cwd, stdout=log, stderr=log)

    def kill(self, part: str) -> int:
        """`kill -9` one part; nobody starts it again by itself."""
        process = self.running.pop(part)
        process.send_signal(signal.SIGKILL)
        process.wait()
        return process.pid

    def status(self) -> dict[str, dict[str, Any]]:
        """Whether the service and what it needs are well, and the hub and the proxy."""
        try:
            answer = httpx.get(f"{self.url}services/notebench/health", timeout=10)
            said = answer.json()["parts"] if answer.is_success else {}
        except (httpx.HTTPError, ValueError):
            said = {}
        return said or {"service": {"healthy": False}}

    @property
    def url(self) -> str:
        return instance_of(self.place, load(self.place)).public_url

    def log(self, part: str) -> str:
        return (self.place.logs / f"{part}.log").read_text()[-4000:]

    def wait_healthy(self, seconds: float = 120) -> None:
        wait_for(lambda: not self.ill(), seconds, "all parts healthy")

    def ill(self) -> list[str]:
        """The parts that are not well."""
        return [name for name, part in self.status().items() if not part["healthy"]]

    def down(self) -> None:
        """End the parts; what they leave is searched for secrets."""
        with leaks.searched(self.state):
            for process in self.running.values():
                process.terminate()
            for process in self.running.values():
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()

    def purge(self) -> None:
        self.down()
