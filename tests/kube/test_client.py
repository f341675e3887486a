"""The stand-in through the client that KubeSpawner and the backend use."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.kube.conftest import SPACE, pod
from tests.kube.standin.cluster import Cluster
from tests.kube.test_jobs import job

kubernetes = pytest.importorskip("kubernetes_asyncio", reason="the Kubernetes client is not installed")
from kubernetes_asyncio import client, config, watch  # noqa: E402


@pytest.fixture
async def api(cluster: Cluster, tmp_path: Path) -> AsyncIterator[Any]:
    settings = client.Configuration()
    await config.load_kube_config(
        config_file=str(cluster.kubeconfig(tmp_path / "kubeconfig")), client_configuration=settings
    )
    async with client.ApiClient(settings) as one:
        yield one


@pytest.fixture
def core(api: Any) -> Any:
    return client.CoreV1Api(api)


async def phase(core: Any, name: str, wanted: str) -> Any:
    async with asyncio.timeout(15):
        while True:
            found = await core.read_namespaced_pod(name, SPACE)
            if found.status.phase == wanted:
                return found
            await asyncio.sleep(0.05)


async def test_a_pod_from_its_manifest_to_its_log(core: Any) -> None:
    made = await core.create_namespaced_pod(SPACE, pod("one", "print('hello')"))
    assert made.metadata.creation_timestamp.tzinfo is not None
    done = await phase(core, "one", "Succeeded")
    assert done.status.container_statuses[0].state.terminated.exit_code == 0
    assert await core.read_namespaced_pod_log("one", SPACE) == "hello\n"


async def test_refusals_are_exceptions_with_a_status(core: Any) -> None:
    await core.create_namespaced_pod(SPACE, pod("one"))
    with pytest.raises(client.ApiException) as refused:
        await core.create_namespaced_pod(SPACE, pod("one"))
    assert refused.value.status == 409
    assert '"reason":"AlreadyExists"' in refused.value.body
    with pytest.raises(client.ApiException) as refused:
        await core.read_namespaced_pod("none", SPACE)
    assert refused.value.status == 404


async def test_a_list_and_a_watch_from_it(core: Any) -> None:
    await core.create_namespaced_pod(SPACE, pod("one", labels={"on": "1"}))
    listed = await core.list_namespaced_pod(SPACE, label_selector="on=1")
    assert [one.metadata.name for one in listed.items] == ["one"]
    version = listed.metadata.resource_version
    await core.create_namespaced_pod(SPACE, pod("two", labels={"on": "1"}))
    await core.create_namespaced_pod(SPACE, pod("other"))
    seen = []
    asked = {"label_selector": "on=1", "resource_version": version, "timeout_seconds": 5}
    async with watch.Watch().stream(core.list_namespaced_pod, SPACE, **asked) as events:
        async for event in events:
            seen.append((event["type"], event["raw_object"]["metadata"]["name"]))
            if ("ADDED", "two") in seen:
                break
    assert not any(name == "other" for _, name in seen)


async def all_of(stream: Any) -> list[Any]:
    async with stream as events:
        return [event async for event in events]


async def test_a_watch_from_a_forgotten_version_raises_410(core: Any, cluster: Cluster) -> None:
    version = (await core.list_namespaced_pod(SPACE)).metadata.resource_version
    await core.create_namespaced_pod(SPACE, pod("one"))
    cluster.compact()
    with pytest.raises(client.ApiException) as refused:
        await all_of(watch.Watch().stream(core.list_namespaced_pod, SPACE, resource_version=version))
    assert refused.value.status == 410


async def test_deleting_with_options(core: Any) -> None:
    await core.create_namespaced_pod(SPACE, pod("one"))
    await phase(core, "one", "Running")
    options = client.V1DeleteOptions(grace_period_seconds=1)
    gone = await core.delete_namespaced_pod("one", SPACE, body=options)
    assert gone.metadata.deletion_timestamp is not None
    async with asyncio.timeout(10):
        while (await core.list_namespaced_pod(SPACE)).items:
            await asyncio.sleep(0.05)


async def test_each_kind_of_patch(core: Any) -> None:
    await core.create_namespaced_config_map(SPACE, {"metadata": {"name": "a"}, "data": {"x": "1"}})
    patched = await core.patch_namespaced_config_map("a", SPACE, {"data": {"y": "2"}})
    assert patched.data == {"x": "1", "y": "2"}
    steps = [{"op": "remove", "path": "/data/x"}]
    patched = await core.patch_namespaced_config_map("a", SPACE, steps)
    assert patched.data == {"y": "2"}


async def test_jobs_events_and_what_one_may(api: Any, core: Any) -> None:
    batch, rights = client.BatchV1Api(api), client.AuthorizationV1Api(api)
    await batch.create_namespaced_job(SPACE, job("night", "print(1)"))
    async with asyncio.timeout(15):
        while not (await batch.read_namespaced_job("night", SPACE)).status.succeeded:
            await asyncio.sleep(0.05)
    events = (await core.list_namespaced_event(SPACE, field_selector="involvedObject.kind=Job")).items
    assert "SuccessfulCreate" in {one.reason for one in events}
    wanted = {"verb": "create", "resource": "pods", "namespace": SPACE}
    answer = await rights.create_self_subject_access_review({"spec": {"resourceAttributes": wanted}})
    assert answer.status.allowed is True
    await batch.delete_namespaced_job("night", SPACE, propagation_policy="Background")
