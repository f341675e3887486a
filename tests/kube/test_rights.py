"""The rights that hub and service have in a cluster: with them all works, without any one something fails."""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from notebench.contract.errors import Unavailable
from notebench_spawner.backends.base import Handle, Phase
from notebench_spawner.backends.kubernetes.api import Api
from notebench_spawner.backends.kubernetes.backend import KubernetesBackend
from notebench_spawner.backends.kubernetes.connecting import connection
from notebench_spawner.backends.kubernetes.observing import STOPPED
from notebench_spawner.placement import Placement
from notebench_spawner.pods import rights
from notebench_spawner.pods.model_server import Replicas
from notebench_spawner.pods.settings import Grace, Homes, Pods
from notebench_spawner.workload import Kind, Workload

from tests.contract.conftest import DIGEST, claim, workload
from tests.kube.conftest import SPACE
from tests.kube.standin.cluster import ADMIN, Cluster
from tests.kube.standin.images import Image

TOKEN = "token-of-the-service"
VERBS = [(right.resource, verb) for right in rights.SERVICE for verb in right.verbs]
EVENTS = ("events", "list")
"""Without it all goes on, and what keeps a pod from being ready is not known."""


@pytest.fixture(scope="module")
def environment() -> Iterator[str]:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:  # /tmp is a volume of the pods
        programs = Path(folder) / "environment" / "bin"
        programs.mkdir(parents=True)
        (programs / "python").symlink_to(Path(sys.executable).resolve())
        yield str(programs.parent)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Cluster]:
    with Cluster(tmp_path / "cluster") as running:
        running.namespace(SPACE)
        running.images.add(DIGEST, Image())
        claim(running.url, ADMIN)
        yield running


@asynccontextmanager
async def service(
    town: Cluster, environment: str, *without: tuple[str, str]
) -> AsyncIterator[KubernetesBackend]:
    """The backend with the service's rights, or all but one of them."""
    user = town.account(TOKEN, SPACE, "service", rights.rules(rights.SERVICE))
    for resource, verb in without:
        town.access.take(user, verb, resource)

    connect = connection(town.kubeconfig(town.state.parent / "kubeconfig", TOKEN))
    settings = Pods(
        environment=environment,
        grace_seconds=Grace(run=1, model_server=1),
        kept_seconds=60,
        homes=Homes(access="ReadWriteMany"),
    )
    api = Api(connect, SPACE)
    try:
        yield KubernetesBackend(api, settings, Replicas(least=1, most=2))
    finally:
        await api.close()


def one(behaviour: str, kind: Kind = Kind.run) -> Workload:
    made = workload(Path("/home/ada"), behaviour)
    image = made.image.model_copy(update={"digest": DIGEST})
    return made.model_copy(update={"image": image, "kind": kind, "secret_env": {"T": "x"}, "port": 8888})


async def held(backend: KubernetesBackend, patience: float = 20) -> str:
    """What is said of a run whose home another node holds."""
    first, second = [await backend.start(on(node)) for node in ("node-a", "node-b")]
    reasons: set[str] = set()
    try:
        async with asyncio.timeout(patience):
            while not any("Multi-Attach" in one for one in reasons):
                reasons = {seen.reason for seen in await backend.observe([first, second])}
                await asyncio.sleep(0.1)
    except TimeoutError:
        return ""
    finally:
        for handle in (first, second):
            await backend.stop(handle)
    return max(reasons)


def on(node: str) -> Workload:
    made = one("stays")
    there = Placement(cpu_request=0.1, node_selector={"kubernetes.io/hostname": node})
    return made.model_copy(update={"hardware": made.hardware.model_copy(update={"placement": there})})


async def everything(town: Cluster, backend: KubernetesBackend, later: KubernetesBackend) -> None:
    """What the service does, and each start twice: the second time it is there."""
    run = await twice(backend, one("succeeds"))
    assert [line async for line in backend.logs(run, follow=True)] == ["one", "two"]
    server = await twice(backend, one("stays", Kind.model_server))
    assert [seen.phase is Phase.gone for seen in await backend.observe([run, server])] == [False, False]
    await backend.stop(server)
    assert [seen.phase for seen in await backend.observe([server])] == [Phase.gone]
    old = await backend.start(one("stays"))
    await backend.stop(old)
    stopped_long_ago(town, old.workload)
    await later.start(one("succeeds"))
    assert [seen.phase for seen in await later.observe([old])] == [Phase.gone]
    assert "Multi-Attach" in await held(backend)


async def twice(backend: KubernetesBackend, made: Workload) -> Handle:
    handle = await backend.start(made)
    assert await backend.start(made) == handle
    return handle


def stopped_long_ago(town: Cluster, name: str) -> None:
    when = {"metadata": {"annotations": {STOPPED: "2020-01-01T00:00:00+00:00"}}}
    answer = httpx.patch(
        f"{town.url}/apis/batch/v1/namespaces/{SPACE}/jobs/{name}",
        json=when,
        headers={"Authorization": f"Bearer {ADMIN}", "Content-Type": "application/merge-patch+json"},
        trust_env=False,
    )
    assert answer.status_code == 200, answer.text


async def test_the_services_rights_are_enough_and_none_is_too_many(town: Cluster, environment: str) -> None:
    before = len(town.api.seen)
    async with service(town, environment) as backend, service(town, environment) as later:
        await everything(town, backend, later)
    mine = [seen for seen in town.api.seen[before:] if "service" in seen.user]
    assert {seen.code for seen in mine} <= {200, 201, 404, 409}
    asked = {(resource_of(seen.path), seen.verb) for seen in mine}
    assert asked == set(VERBS)


def resource_of(path: str) -> str:
    """`pods` of `/api/v1/namespaces/people/pods/one`, `pods/log` of what is below that."""
    words = path.split(f"/namespaces/{SPACE}/")[1].split("/")
    return "/".join([words[0], *words[2:]])


async def test_without_the_right_to_see_events_only_their_words_are_missing(
    town: Cluster, environment: str
) -> None:
    async with service(town, environment, EVENTS) as backend:
        assert await held(backend, 3) == ""


@pytest.mark.parametrize(("resource", "verb"), [one for one in VERBS if one != EVENTS])
async def test_without_any_of_them_something_is_refused(
    town: Cluster, environment: str, resource: str, verb: str
) -> None:
    async with (
        service(town, environment, (resource, verb)) as backend,
        service(town, environment, (resource, verb)) as later,
    ):
        with pytest.raises(Unavailable) as refused:
            await everything(town, backend, later)
    assert f'cannot {verb} resource "{resource}"' in str(refused.value)
