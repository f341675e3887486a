"""Tokens, rights and quotas of the stand-in."""

import httpx
import pytest

from tests.kube.conftest import CLAIMS, JOBS, PODS, SPACE, Client, pod
from tests.kube.standin.access import User
from tests.kube.standin.cluster import Cluster

RULES = [
    {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch", "create", "delete"]},
    {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
    {"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["create"]},
]
WHO = f"system:serviceaccount:{SPACE}:hub"


@pytest.fixture
def hub(cluster: Cluster) -> User:
    return cluster.account("token-of-the-hub", SPACE, "hub", RULES)


@pytest.fixture
def mine(cluster: Cluster, hub: User) -> Client:
    del hub
    return Client(base_url=cluster.url, headers={"Authorization": "Bearer token-of-the-hub"})


def test_without_a_token_nothing_is_told(cluster: Cluster) -> None:
    wrong = httpx.get(cluster.url + PODS, headers={"Authorization": "Bearer wrong"})
    assert (wrong.status_code, wrong.json()["message"]) == (401, "Unauthorized")
    nobody = httpx.get(cluster.url + PODS)
    assert nobody.status_code == 403
    assert 'User "system:anonymous" cannot list resource "pods"' in nobody.json()["message"]
    assert httpx.get(cluster.url + "/version").json()["gitVersion"].startswith("v1.")


def test_what_the_role_does_not_give_is_refused_in_the_words_of_rbac(mine: Client) -> None:
    mine.make(PODS, pod("one"))
    refused = mine.read(CLAIMS, 403)
    assert refused["message"] == (
        f'persistentvolumeclaims is forbidden: User "{WHO}" cannot list resource "persistentvolumeclaims" '
        f"in API "
        f'group "" in the namespace "{SPACE}"'
    )
    assert refused["details"] == {"kind": "persistentvolumeclaims"}
    refused = mine.read(f"{JOBS}/night", 403)
    assert refused["message"].startswith(
        f'jobs.batch "night" is forbidden: User "{WHO}" cannot get resource "jobs"'
    )
    assert 'in API group "batch"' in refused["message"]
    assert "at the cluster scope" in mine.read("/api/v1/nodes", 403)["message"]
    assert mine.get("/api/v1/namespaces/default/pods").status_code == 403


@pytest.mark.parametrize(
    ("verb", "resource", "method", "path"),
    [
        ("get", "pods", "GET", f"{PODS}/one"),
        ("list", "pods", "GET", PODS),
        ("watch", "pods", "GET", f"{PODS}?watch=1&timeoutSeconds=1"),
        ("get", "pods/log", "GET", f"{PODS}/one/log"),
        ("delete", "pods", "DELETE", f"{PODS}/one"),
    ],
)
def test_each_verb_can_be_taken_away(
    mine: Client, hub: User, cluster: Cluster, verb: str, resource: str, method: str, path: str
) -> None:
    mine.make(PODS, pod("one"))
    Client.phase(mine, "one", "Running")
    before = mine.request(method, path)
    assert before.status_code == 200
    cluster.access.take(hub, verb, resource)
    after = mine.request(method, path)
    assert after.status_code == 403
    assert f'cannot {verb} resource "{resource}"' in after.json()["message"]


def test_one_can_ask_what_one_may(mine: Client) -> None:
    def may(**what: str) -> bool:
        review = {"spec": {"resourceAttributes": {"namespace": SPACE, **what}}}
        answer = mine.make("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review)
        return bool(answer["status"]["allowed"])

    assert may(verb="create", resource="pods")
    assert may(verb="get", resource="pods", subresource="log")
    assert may(verb="create", group="batch", resource="jobs")
    assert not may(verb="create", resource="jobs")
    assert not may(verb="create", resource="pods", namespace="default")


def test_roles_and_bindings_give_rights_and_take_them(api: Client, cluster: Cluster) -> None:
    group = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{SPACE}"
    accounts = f"/api/v1/namespaces/{SPACE}/serviceaccounts"
    api.make(accounts, {"metadata": {"name": "hub"}})
    token = api.make(f"{accounts}/hub/token", {"spec": {"expirationSeconds": 600}})["status"]["token"]
    mine = Client(base_url=cluster.url, headers={"Authorization": f"Bearer {token}"})
    assert f'User "{WHO}" cannot list' in mine.read(PODS, 403)["message"]
    api.make(f"{group}/roles", {"metadata": {"name": "starts"}, "rules": RULES})
    subject = {"kind": "ServiceAccount", "name": "hub", "namespace": SPACE}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "starts"}
    api.make(f"{group}/rolebindings", {"metadata": {"name": "hub"}, "subjects": [subject], "roleRef": role})
    assert mine.read(PODS)["items"] == []
    change = {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]}
    api.patch(f"{group}/roles/starts", json=change, headers={"Content-Type": "application/merge-patch+json"})
    assert mine.get(PODS).status_code == 403


def test_a_quota_refuses_what_is_too_much(api: Client) -> None:
    quotas = f"/api/v1/namespaces/{SPACE}/resourcequotas"
    hard = {"pods": "1", "requests.cpu": "1500m", "limits.memory": "2Gi"}
    api.make(quotas, {"metadata": {"name": "people"}, "spec": {"hard": hard}})
    refused = api.make(PODS, pod("bare"), 403)
    assert refused["message"] == (
        'pods "bare" is forbidden: failed quota: people: must specify limits.memory for: main; '
        "requests.cpu for: main"
    )
    size = {"resources": {"limits": {"cpu": "1", "memory": "1Gi"}}}
    api.make(PODS, pod("one", container=size))
    refused = api.make(PODS, pod("two", container=size), 403)
    assert refused["message"] == (
        'pods "two" is forbidden: exceeded quota: people, requested: pods=1,requests.cpu=1, used: '
        "pods=1,requests.cpu=1, limited: pods=1,requests.cpu=1500m"
    )
    used = api.until(f"{quotas}/people", lambda one: one["status"]["used"]["pods"] == "1")["status"]["used"]
    assert used == {"pods": "1", "requests.cpu": "1", "limits.memory": "1Gi"}
    api.delete(f"{PODS}/one?gracePeriodSeconds=0")
    api.make(PODS, pod("two", container=size))


def test_a_job_that_meets_a_quota_tells_it_as_an_event(api: Client) -> None:
    quotas = f"/api/v1/namespaces/{SPACE}/resourcequotas"
    api.make(quotas, {"metadata": {"name": "none"}, "spec": {"hard": {"pods": "0"}}})
    body = pod("x", "print(1)")
    api.make(JOBS, {"metadata": {"name": "night"}, "spec": {"template": {"spec": body["spec"]}}})
    told = api.told("FailedCreate")
    assert told["type"] == "Warning"
    assert (
        "is forbidden: exceeded quota: none, requested: pods=1, used: pods=0, limited: pods=0"
        in told["message"]
    )
