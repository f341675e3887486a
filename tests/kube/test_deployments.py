"""Deployments and Services of the stand-in: replicas, new versions, and an address that leads to them."""

import time
from typing import Any

import httpx

from tests.kube.conftest import IMAGE, PODS, SPACE, Client
from tests.kube.standin.cluster import Cluster
from tests.kube.test_pods import SERVE

DEPLOYMENTS = f"/apis/apps/v1/namespaces/{SPACE}/deployments"
SERVICES = f"/api/v1/namespaces/{SPACE}/services"
MERGE = {"Content-Type": "application/merge-patch+json"}


def deployment(version: str, replicas: int = 2, **spec: Any) -> dict[str, Any]:
    container = {
        "name": "main",
        "image": IMAGE,
        "command": ["python", "-c", SERVE, "0.0.0.0"],
        "env": [{"name": "WHO", "value": version}],
        "ports": [{"name": "http", "containerPort": 8888}],
        "readinessProbe": {"tcpSocket": {"port": "http"}, "periodSeconds": 1},
    }
    template = {"metadata": {"labels": {"app": "wine"}}, "spec": {"containers": [container]}}
    chosen = {"matchLabels": {"app": "wine"}}
    body = {"replicas": replicas, "selector": chosen, "template": template} | spec
    return {"metadata": {"name": "wine"}, "spec": body}


def ready(api: Client, count: int) -> Any:
    def is_ready(one: Any) -> bool:
        now = one["status"]
        current = now.get("observedGeneration") == one["metadata"]["generation"]
        return current and (now.get("readyReplicas", 0), now.get("updatedReplicas", 0)) == (count, count)

    return api.until(f"{DEPLOYMENTS}/wine", is_ready)


def ask(url: str) -> str:
    for _ in range(100):
        try:
            return httpx.get(url).text
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(f"nobody answers at {url}")


def test_replicas_become_ready_and_are_made_again(api: Client) -> None:
    api.make(DEPLOYMENTS, deployment("1"))
    status = ready(api, 2)["status"]
    found = {one["type"]: (one["status"], one["reason"]) for one in status["conditions"]}
    assert found["Available"] == ("True", "MinimumReplicasAvailable")
    assert found["Progressing"] == ("True", "NewReplicaSetAvailable")
    one = api.read(PODS)["items"][0]["metadata"]
    assert one["labels"]["pod-template-hash"]
    api.delete(f"{PODS}/{one['name']}")
    api.gone(f"{PODS}/{one['name']}")
    ready(api, 2)


def test_a_service_leads_to_ready_pods_while_the_version_changes(api: Client) -> None:
    ports = [{"name": "http", "port": 80, "targetPort": "http"}]
    service = {"metadata": {"name": "wine"}, "spec": {"selector": {"app": "wine"}, "ports": ports}}
    address = api.make(SERVICES, service)["spec"]["clusterIP"]
    api.make(DEPLOYMENTS, deployment("1"))
    ready(api, 2)
    url = f"http://{address}:80/"
    seen = [ask(url)]
    env = deployment("2")["spec"]["template"]["spec"]
    api.patch(f"{DEPLOYMENTS}/wine", json={"spec": {"template": {"spec": env}}}, headers=MERGE)
    ends = time.monotonic() + 30
    while seen[-1] != "2":  # each one is answered meanwhile
        assert time.monotonic() < ends, seen
        time.sleep(0.03)
        seen.append(ask(url))
    assert (seen[0], set(seen)) == ("1", {"1", "2"})
    ready(api, 2)
    api.until(PODS, lambda all_: len(all_["items"]) == 2)
    assert ask(url) == "2"


def test_a_version_that_never_becomes_ready_leaves_the_old_one(api: Client) -> None:
    api.make(DEPLOYMENTS, deployment("1", 1, progressDeadlineSeconds=1))
    ready(api, 1)
    change = [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "not-there:1"}]
    api.patch(f"{DEPLOYMENTS}/wine", json=change, headers={"Content-Type": "application/json-patch+json"})

    def stuck(one: Any) -> bool:
        return any(c["reason"] == "ProgressDeadlineExceeded" for c in one["status"]["conditions"])

    now = api.until(f"{DEPLOYMENTS}/wine", stuck)["status"]
    assert (now["readyReplicas"], now["updatedReplicas"]) == (1, 1)
    assert {one["type"]: one["status"] for one in now["conditions"]} == {
        "Available": "True",
        "Progressing": "False",
    }


def test_scaling_and_deleting(api: Client, cluster: Cluster) -> None:
    api.make(DEPLOYMENTS, deployment("1", 3))
    ready(api, 3)
    api.patch(f"{DEPLOYMENTS}/wine", json={"spec": {"replicas": 1}}, headers=MERGE)
    ready(api, 1)
    api.delete(f"{DEPLOYMENTS}/wine")
    api.until(PODS, lambda all_: not all_["items"])
    assert cluster.processes() == {}


def test_a_quota_is_told_and_tried_again_now_and_then(api: Client, cluster: Cluster) -> None:
    quotas = f"/api/v1/namespaces/{SPACE}/resourcequotas"
    api.make(quotas, {"metadata": {"name": "none"}, "spec": {"hard": {"pods": "0"}}})
    api.make(DEPLOYMENTS, deployment("1", 1))
    assert "exceeded quota: none" in api.told("FailedCreate")["message"]
    before = cluster.store.revision
    time.sleep(1.5)
    assert cluster.store.revision - before < 20
    api.delete(f"{quotas}/none")
    ready(api, 1)
