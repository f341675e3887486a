"""The backend of a cluster, where the cluster is not always there and has more than one node."""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from notebench.contract.errors import Unavailable
from notebench_spawner.backends.base import Handle, Observation, Phase, Stray
from notebench_spawner.backends.kubernetes.api import Api
from notebench_spawner.backends.kubernetes.backend import KubernetesBackend
from notebench_spawner.backends.kubernetes.connecting import connection
from notebench_spawner.placement import Placement
from notebench_spawner.pods import labels
from notebench_spawner.pods.settings import Grace, Homes, Pods
from notebench_spawner.workload import Workload

from tests.contract.conftest import DIGEST, claim, workload
from tests.kube.conftest import IMAGE, PODS, SPACE, pod
from tests.kube.standin import kinds
from tests.kube.standin.cluster import ADMIN, Cluster
from tests.kube.standin.images import Image
from tests.kube.standin.trouble import Trouble


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with Cluster(tmp_path / "cluster") as running:
        running.namespace(SPACE)
        for image in (DIGEST, IMAGE):
            running.images.add(image, Image())
        claim(running.url, ADMIN)
        yield running


@pytest.fixture
async def backend(cluster: Cluster) -> AsyncIterator[KubernetesBackend]:
    connect = connection(cluster.kubeconfig(cluster.state.parent / "kubeconfig"))
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:  # /tmp is a volume of the pods
        (Path(folder) / "bin").mkdir()
        (Path(folder) / "bin" / "python").symlink_to(Path(sys.executable).resolve())
        api = Api(connect, SPACE)
        yield KubernetesBackend(api, Pods(environment=folder, grace_seconds=Grace(run=1)))
        await api.close()


def run(behaviour: str) -> Workload:
    made = workload(Path("/home/ada"), behaviour)
    small = made.hardware.model_copy(update={"placement": Placement(cpu_request=0.1)})
    image = made.image.model_copy(update={"digest": DIGEST})
    return made.model_copy(update={"image": image, "hardware": small, "secret_env": {"T": "x"}})


async def seen(backend: KubernetesBackend, handle: Handle, phase: Phase) -> Observation:
    """What is observed once it is in that phase."""
    async with asyncio.timeout(30):
        while True:
            [found] = await backend.observe([handle])
            if found.phase is phase:
                return found
            await asyncio.sleep(0.05)


def session(cluster: Cluster, node: str) -> None:
    """A session of the run's owner, which holds the home on one node."""
    ours = {labels.KIND: "session", labels.WORKLOAD: "session-1"}
    held = pod("session--ada", labels=labels.of_home("claim-ada") | ours, nodeName=node)
    volume = {"name": "home", "persistentVolumeClaim": {"claimName": "claim-ada"}}
    held["spec"]["volumes"] = [volume]
    answer = httpx.post(
        cluster.url + PODS, json=held, headers={"Authorization": f"Bearer {ADMIN}"}, trust_env=False
    )
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("node", ["node-a", "node-b"])
async def test_a_run_goes_to_the_node_where_a_session_holds_the_home(
    cluster: Cluster, backend: KubernetesBackend, node: str
) -> None:
    session(cluster, node)
    handle = await backend.start(run("stays"))
    assert (await seen(backend, handle, Phase.running)).node == node
    [ran] = [one for one in cluster.all(kinds.PODS, SPACE) if one["metadata"]["name"] != "session--ada"]
    assert ran["spec"]["nodeName"] == node
    await backend.stop(handle)


async def test_a_run_without_room_beside_its_session_waits_and_says_for_what(
    cluster: Cluster, backend: KubernetesBackend
) -> None:
    session(cluster, "node-a")
    large = run("succeeds")
    hardware = large.hardware.model_copy(update={"placement": Placement(cpu_request=2)})
    other = pod("other", container={"resources": {"requests": {"cpu": "3"}}}, nodeName="node-a")
    httpx.post(cluster.url + PODS, json=other, headers={"Authorization": f"Bearer {ADMIN}"}, trust_env=False)
    handle = await backend.start(large.model_copy(update={"hardware": hardware}))
    async with asyncio.timeout(30):
        while "pod affinity" not in (found := (await backend.observe([handle]))[0]).reason:
            await asyncio.sleep(0.05)
    assert found.phase is Phase.pending
    assert found.reason.startswith("It waits for a place in the cluster: 0/2 nodes are available")


async def test_a_home_that_another_node_holds_is_named(cluster: Cluster, backend: KubernetesBackend) -> None:
    session(cluster, "node-a")
    elsewhere = run("succeeds")
    there = Placement(cpu_request=0.1, node_selector={"kubernetes.io/hostname": "node-b"})
    hardware = elsewhere.hardware.model_copy(update={"placement": there})
    apart = KubernetesBackend(
        Api(connection(cluster.state.parent / "kubeconfig"), SPACE),
        Pods(homes=Homes(access="ReadWriteMany")),  # which is not true of this home
    )
    handle = await apart.start(elsewhere.model_copy(update={"hardware": hardware}))
    async with asyncio.timeout(30):
        while "Multi-Attach" not in (found := (await apart.observe([handle]))[0]).reason:
            await asyncio.sleep(0.05)
    assert found.phase is Phase.pending
    assert found.reason.startswith("It has a place in the cluster, but cannot be made ready there yet: Multi")


@pytest.mark.parametrize("what", ["secrets", "jobs"])
async def test_a_start_whose_answer_was_lost_starts_nothing_twice(
    cluster: Cluster, backend: KubernetesBackend, what: str
) -> None:
    cluster.trouble(Trouble(method="POST", path=f".*/{what}", lost=True))
    wanted = run("succeeds")
    with pytest.raises(Unavailable) as away:
        await backend.start(wanted)
    assert "The cluster does not answer" in str(away.value)
    handle = await backend.start(wanted)
    await seen(backend, handle, Phase.succeeded)
    assert len(cluster.all(kinds.JOBS, SPACE)) == len(cluster.all(kinds.PODS, SPACE)) == 1
    [secret] = cluster.all(kinds.SECRETS, SPACE)
    assert [owner["kind"] for owner in secret["metadata"]["ownerReferences"]] == ["Job"]


async def test_an_api_that_was_away_and_has_forgotten_its_history_changes_nothing(
    cluster: Cluster, backend: KubernetesBackend
) -> None:
    handle = await backend.start(run("stays"))
    await seen(backend, handle, Phase.running)
    before = cluster.processes()
    cluster.close()
    with pytest.raises(Unavailable):
        await backend.observe([handle])
    with pytest.raises(Unavailable):
        await backend.stop(handle)
    cluster.compact()
    cluster.open()
    await seen(backend, handle, Phase.running)
    assert cluster.processes() == before
    await backend.stop(handle)
    found = await seen(backend, handle, Phase.failed)
    assert found.reason == "It was stopped."
    assert cluster.processes() == {}


async def test_what_no_record_knows_is_found(cluster: Cluster, backend: KubernetesBackend) -> None:
    kept, lost = await backend.start(run("stays")), await backend.start(run("stays"))
    assert await backend.strays({kept.workload, lost.workload}) == []
    assert await backend.strays({kept.workload}) == [Stray(lost.workload, f"job/{lost.workload}")]
    await backend.stop(lost)
    assert await backend.strays({kept.workload}) == []
    session(cluster, "node-a")
    assert await backend.strays({kept.workload, "session-1"}) == []
    assert await backend.strays({kept.workload}) == [Stray("session-1", "pod/session--ada")]
    assert (await seen(backend, kept, Phase.running)).handle == kept
