"""A project's files on a cluster: a volume of their own, for its members, as their roles allow."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from notebench.contract.errors import Unavailable
from notebench_hub.service.ground import OnCluster
from notebench_hub.settings import load
from notebench_spawner.backends.kubernetes.api import Api
from notebench_spawner.backends.kubernetes.connecting import connection
from notebench_spawner.backends.kubernetes.project_volumes import ProjectVolumes
from notebench_spawner.pods import rights
from notebench_spawner.pods.settings import Projects
from notebench_spawner.workload import Share

from tests.installation import wait_for
from tests.journey.test_restarts import notebook
from tests.kube.conftest import SPACE as OTHER_SPACE
from tests.kube.installation import SPACE, ClusterInstallation
from tests.kube.standin.cluster import Cluster
from tests.kube.standin.kinds import CLAIMS, JOBS, Object

WRITES = "open('found.txt', 'w').write('7 fronds')"


@dataclass
class Member:
    """Somebody with a session that acts for the project."""

    installation: ClusterInstallation
    name: str

    def __post_init__(self) -> None:
        token = self.installation.token(self.name)
        self.api = self.installation.api(token, "kelp")
        self.hub = httpx.Client(
            base_url=self.installation.url, headers={"Authorization": f"token {token}"}, timeout=60
        )

    def start(self) -> None:
        options = {"image": "scientific", "profile": "small", "acting_for": "kelp"}
        answer = self.hub.post(f"hub/api/users/{self.name}/server", json=options)
        assert answer.status_code in {201, 202}, answer.text
        wait_for(self.ready, 120, "the session")

    def ready(self) -> bool:
        servers = self.hub.get(f"hub/api/users/{self.name}").json()["servers"]
        return bool(servers.get("", {}).get("ready"))

    def put(self, path: str, content: str) -> None:
        body = {"type": "file", "format": "text", "content": content}
        answer = self.hub.put(f"user/{self.name}/api/contents/{path}", json=body)
        assert answer.status_code in {200, 201}, answer.text

    def read(self, path: str) -> str:
        answer = self.hub.get(f"user/{self.name}/api/contents/{path}", params={"format": "text"})
        return str(answer.raise_for_status().json()["content"])

    def end(self) -> None:
        self.hub.delete(f"hub/api/users/{self.name}/server")


@pytest.fixture(scope="module")
def ines(installation: ClusterInstallation) -> Iterator[Member]:
    if installation.real:
        pytest.skip(
            "The cluster's storage may not offer ReadWriteMany; its own settings would say which does."
        )
    for name in ("ines", "vera", "otto"):
        installation.add_user(name)
    installation.add_project("kelp", "ines:editor", "vera:viewer")
    found = Member(installation, "ines")
    found.start()
    yield found
    found.end()


def granted(installation: ClusterInstallation, user: str, acting_for: str) -> Any:
    """What the hub is given for a session of that user."""
    answer = httpx.post(
        f"{load(installation.place).kubernetes.addresses.service}/services/notebench/internal/sessions",
        headers={"Authorization": f"Bearer {installation.place.secret('hub-service-key')}"},
        json={"user": user, "image": "scientific", "profile": "small", "acting_for": acting_for},
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["workload"]["shares"]


def test_what_a_run_of_the_project_writes_its_members_find(ines: Member) -> None:
    ines.put("projects/kelp/count.ipynb", notebook(WRITES))
    run = (
        ines.api.post("runs", json={"notebook": "projects/kelp/count.ipynb"}).raise_for_status().json()["id"]
    )

    def ended() -> Any:
        record = ines.api.get(f"runs/{run}").json()
        return record if record["ended"] else None

    done = wait_for(ended, 240, "the run")
    assert done["state"] == "succeeded", json.dumps(done, indent=1)
    assert ines.read("projects/kelp/found.txt") == "7 fronds"


def test_its_volume_is_one_that_many_nodes_have(ines: Member) -> None:
    cluster = ines.installation.cluster
    [claim] = [one for one in cluster.all(CLAIMS, SPACE) if one["metadata"]["name"] == "project-kelp"]
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    assert claim["metadata"]["annotations"]["notebench/acting-for"] == "kelp"
    jobs = [one for one in cluster.all(JOBS, SPACE) if one["metadata"]["labels"]["notebench/user"] == "ines"]
    assert all(mounted(one) == ["/home/notebench/projects/kelp"] for one in jobs)


def mounted(job: Object) -> list[str]:
    [container] = job["spec"]["template"]["spec"]["containers"]
    return [one["mountPath"] for one in container["volumeMounts"] if one["name"].startswith("project-")]


def test_roles_decide(ines: Member) -> None:
    installation = ines.installation
    assert granted(installation, "vera", "kelp") == [{"project": "kelp", "writable": False}]
    assert granted(installation, "vera", "personal") == []
    assert granted(installation, "otto", "personal") == []


async def test_without_the_right_nothing_is_granted_and_it_is_said(cluster: Cluster) -> None:
    user = cluster.account("token-of-service", OTHER_SPACE, "service", rights.rules(rights.PROJECTS))
    connect = connection(cluster.kubeconfig(cluster.state.parent / "kubeconfig", "token-of-service"))
    api = Api(connect, OTHER_SPACE)
    volumes = ProjectVolumes(lambda _: api, Projects(volumes="made"), size="1Gi", storage_class="shared")
    ground = OnCluster("/opt/notebench", volumes)
    try:
        assert await ground.shares("personal", writable=True) == ()
        for _ in range(2):
            assert await ground.shares("kelp", writable=True) == (Share(project="kelp", writable=True),)
        again = ProjectVolumes(lambda _: api, Projects(volumes="made"), size="1Gi")
        await again.ready("kelp")
        assert [one["metadata"]["name"] for one in cluster.all(CLAIMS, OTHER_SPACE)] == ["project-kelp"]
        cluster.access.take(user, "create", "persistentvolumeclaims")
        with pytest.raises(Unavailable, match='cannot create resource "persistentvolumeclaims"'):
            await ground.shares("tides", writable=True)
    finally:
        await api.close()
