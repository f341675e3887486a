"""Where pods go in the stand-in: selectors, taints, resources, volumes, and what is said if nothing fits."""

from pathlib import Path
from typing import Any

import pytest

from tests.kube.conftest import CLAIMS, IMAGE, PODS, SPACE, Client, pod
from tests.kube.standin.cluster import ADMIN, Cluster
from tests.kube.standin.images import Image
from tests.kube.standin.nodes import NodeSpec
from tests.kube.test_pods import claim

TAINT = {"key": "nvidia.com/gpu", "value": "true", "effect": "NoSchedule"}
NODES = [
    NodeSpec("plain", cpu="2", labels={"zone": "a"}),
    NodeSpec("gpu", cpu="8", resources={"nvidia.com/gpu": "1"}, labels={"zone": "b"}, taints=[TAINT]),
]
TOLERATES = {"tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}]}


@pytest.fixture
def cluster(tmp_path: Path) -> Any:
    with Cluster(tmp_path, NODES) as running:
        running.namespace(SPACE)
        running.images.add(IMAGE, Image())
        yield running


@pytest.fixture
def api(cluster: Cluster) -> Client:
    return Client(base_url=cluster.url, headers={"Authorization": f"Bearer {ADMIN}"}, timeout=20)


def size(**wanted: str) -> dict[str, Any]:
    return {"container": {"resources": {"requests": wanted}}}


def gpu(count: str = "1") -> dict[str, Any]:
    return {"container": {"resources": {"limits": {"nvidia.com/gpu": count}}}} | TOLERATES


def where(api: Client, name: str) -> str:
    return str(api.phase(name, "Running")["spec"]["nodeName"])


def refused(api: Client, name: str) -> str:
    told = api.told("FailedScheduling")
    assert told["reportingComponent"] == "default-scheduler"
    assert told["lastTimestamp"] is None
    conditions = api.read(f"{PODS}/{name}")["status"]["conditions"]
    (condition,) = [one for one in conditions if one["type"] == "PodScheduled"]
    assert (condition["status"], condition["reason"]) == ("False", "Unschedulable")
    assert condition["message"] == told["message"]
    return str(told["message"])


def test_a_pod_goes_where_its_selector_says(api: Client) -> None:
    api.make(PODS, pod("one", nodeSelector={"zone": "b"}, **TOLERATES))
    assert where(api, "one") == "gpu"


def test_only_what_tolerates_it_goes_to_a_tainted_node(api: Client) -> None:
    for name in ("one", "two"):
        api.make(PODS, pod(name))
        assert where(api, name) == "plain"
    api.make(PODS, pod("three", **TOLERATES))
    assert where(api, "three") == "gpu"


def test_nobody_gets_what_there_is_not(api: Client) -> None:
    api.make(PODS, pod("one", **gpu()))
    assert where(api, "one") == "gpu"
    api.make(PODS, pod("two", **gpu()))
    said = refused(api, "two")
    assert said.startswith("0/2 nodes are available: 2 Insufficient nvidia.com/gpu.")
    assert "preemption: 0/2 nodes are available: " in said
    api.delete(f"{PODS}/one?gracePeriodSeconds=0")
    assert where(api, "two") == "gpu"


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (size(cpu="3"), "1 Insufficient cpu, 1 node(s) had untolerated taint(s)."),
        ({"nodeSelector": {"zone": "c"}} | TOLERATES, "2 node(s) didn't match Pod's node affinity/selector."),
        (
            {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "none"}}]},
            'persistentvolumeclaim "none" not found.',
        ),
    ],
)
def test_each_reason_is_counted(api: Client, spec: dict[str, Any], words: str) -> None:
    api.make(PODS, pod("one", **spec))
    assert f"0/2 nodes are available: {words}" in refused(api, "one")


def with_claim(node: str = "") -> dict[str, Any]:
    volume = {"name": "home", "persistentVolumeClaim": {"claimName": "home"}}
    chosen = {"nodeSelector": {"kubernetes.io/hostname": node}} if node else {}
    return {"volumes": [volume]} | chosen | TOLERATES


def test_a_disk_is_on_one_node_at_a_time(api: Client) -> None:
    api.make(CLAIMS, claim("home"))
    api.make(PODS, pod("session", **with_claim("plain")))
    assert where(api, "session") == "plain"
    api.make(PODS, pod("same-node", **with_claim("plain")))
    assert where(api, "same-node") == "plain"
    api.make(PODS, pod("run", **with_claim("gpu")))
    told = api.told("FailedAttachVolume")
    assert (told["source"]["component"], told["involvedObject"]["name"]) == ("attachdetach-controller", "run")
    assert told["message"].startswith('Multi-Attach error for volume "pvc-')
    assert told["message"].endswith("Volume is already used by pod(s) same-node, session")
    assert api.read(f"{PODS}/run")["status"]["phase"] == "Pending"
    for name in ("session", "same-node"):
        api.delete(f"{PODS}/{name}?gracePeriodSeconds=1")
    assert where(api, "run") == "gpu"


def test_a_local_volume_is_where_its_first_pod_was(api: Client) -> None:
    api.make(CLAIMS, claim("home", kind="local"))
    api.told("WaitForFirstConsumer")
    api.make(PODS, pod("one", **with_claim("gpu")))
    assert where(api, "one") == "gpu"
    api.make(PODS, pod("two", **with_claim("plain")))
    assert "1 node(s) didn't match PersistentVolume's node affinity" in refused(api, "two")
    api.make(PODS, pod("three", **with_claim()))
    assert where(api, "three") == "gpu"


def test_shared_volumes_are_on_all_nodes_and_only_where_that_is_possible(api: Client) -> None:
    api.make(CLAIMS, claim("home", "ReadWriteMany", "shared"))
    for name, node in (("one", "plain"), ("two", "gpu")):
        api.make(PODS, pod(name, **with_claim(node)))
        assert where(api, name) == node
    api.make(CLAIMS, claim("wrong", "ReadWriteMany"))
    assert api.told("ProvisioningFailed")["involvedObject"]["name"] == "wrong"
    assert api.read(f"{CLAIMS}/wrong")["status"]["phase"] == "Pending"


def test_a_claim_in_use_goes_when_its_last_pod_does(api: Client) -> None:
    api.make(CLAIMS, claim("home"))
    api.make(PODS, pod("one", **with_claim()))
    where(api, "one")
    assert api.delete(f"{CLAIMS}/home").json()["metadata"]["deletionTimestamp"]
    assert api.read(f"{CLAIMS}/home")["metadata"]["finalizers"] == ["kubernetes.io/pvc-protection"]
    api.delete(f"{PODS}/one?gracePeriodSeconds=1")
    api.gone(f"{CLAIMS}/home")


def test_company_stays_together_and_the_first_goes_anywhere(api: Client) -> None:
    term = {
        "labelSelector": {"matchLabels": {"home": "ada"}},
        "topologyKey": "kubernetes.io/hostname",
    }
    near = {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}}
    ada = {"home": "ada"}
    api.make(PODS, pod("first", labels=ada, nodeSelector={"zone": "b"}, **near, **TOLERATES))
    assert where(api, "first") == "gpu"
    api.make(PODS, pod("second", labels=ada, **near, **TOLERATES))
    assert where(api, "second") == "gpu"
    api.make(PODS, pod("apart", labels=ada, nodeSelector={"zone": "a"}, **near))
    assert "1 node(s) didn't match pod affinity rules" in refused(api, "apart")
