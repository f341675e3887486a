"""Objects in the stand-in: create, read, change and delete."""

import base64
import json

import httpx
import pytest

from tests.kube.conftest import CLAIMS, PODS, SPACE, STUBBORN, Client, pod
from tests.kube.standin.cluster import Cluster
from tests.kube.standin.kinds import Object
from tests.kube.standin.trouble import Trouble

SECRETS = f"/api/v1/namespaces/{SPACE}/secrets"


def secret(name: str = "door", **data: str) -> Object:
    return {
        "metadata": {"name": name},
        "data": {key: base64.b64encode(value.encode()).decode() for key, value in data.items()},
    }


def test_what_is_made_gets_an_identity(api: Client) -> None:
    made = api.make(SECRETS, secret())
    meta = made["metadata"]
    assert (made["kind"], made["apiVersion"], made["type"]) == ("Secret", "v1", "Opaque")
    assert meta["namespace"] == SPACE
    assert len(meta["uid"]) == 36
    assert meta["creationTimestamp"].endswith("Z")
    assert api.read(f"{SECRETS}/door") == made


def test_the_same_name_twice_is_refused(api: Client) -> None:
    api.make(SECRETS, secret())
    refused = api.make(SECRETS, secret(), 409)
    assert (refused["kind"], refused["reason"]) == ("Status", "AlreadyExists")
    assert refused["message"] == 'secrets "door" already exists'
    assert refused["details"] == {"name": "door", "kind": "secrets"}


def test_generated_names_differ_and_stay_short(api: Client) -> None:
    body = {"metadata": {"generateName": "x" * 70}}
    first, second = (api.make(SECRETS, body)["metadata"]["name"] for _ in range(2))
    assert first != second
    assert len(first) == 63


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"metadata": {}}, 422, "name or generateName is required"),
        ({"metadata": {"name": "Ada_L"}}, 422, "a lowercase RFC 1123 subdomain must consist of"),
        ({"metadata": {"name": "a", "namespace": "other"}}, 400, "does not match the namespace sent"),
        ({"kind": "Pod", "metadata": {"name": "a"}}, 400, "cannot be handled as a Secret"),
        ({"metadata": {"name": "a", "resourceVersion": "1"}}, 500, "should not be set on objects"),
    ],
)
def test_what_is_no_object_of_the_kind_is_refused(api: Client, body: Object, status: int, words: str) -> None:
    assert words in api.make(SECRETS, body, status)["message"]


def test_an_unknown_namespace_is_refused(api: Client) -> None:
    refused = api.make("/api/v1/namespaces/nowhere/secrets", secret(), 404)
    assert refused["message"] == 'namespaces "nowhere" not found'


def test_a_change_of_what_somebody_else_changed_is_refused(api: Client) -> None:
    made = api.make(SECRETS, secret())
    changed = api.put(f"{SECRETS}/door", json=made | {"type": "kind-a"})
    assert changed.json()["metadata"]["resourceVersion"] > made["metadata"]["resourceVersion"]
    refused = api.put(f"{SECRETS}/door", json=made | {"type": "kind-b"})
    assert (refused.status_code, refused.json()["reason"]) == (409, "Conflict")
    assert "the object has been modified" in refused.json()["message"]
    assert api.read(f"{SECRETS}/door")["type"] == "kind-a"


def test_status_and_the_rest_are_written_apart(api: Client) -> None:
    api.make(CLAIMS, claim())
    bound = api.until(f"{CLAIMS}/home", lambda one: one["status"]["phase"] == "Bound")
    answer = api.put(f"{CLAIMS}/home", json=bound | {"status": {"phase": "Lost"}}).json()
    assert answer["status"] == bound["status"]
    body = api.read(f"{CLAIMS}/home") | {"status": {"phase": "Lost"}}
    body["metadata"]["labels"] = {"not": "here"}
    answer = api.put(f"{CLAIMS}/home/status", json=body).json()
    assert answer["status"] == {"phase": "Lost"}
    assert "labels" not in answer["metadata"]


def claim(name: str = "home", **spec: object) -> Object:
    asked = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return {"metadata": {"name": name}, "spec": asked | spec}


MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"


def patched(api: Client, path: str, body: str, how: str) -> tuple[int, Object]:
    answer = api.patch(path, content=body, headers={"Content-Type": how})
    return answer.status_code, answer.json()


def test_three_kinds_of_patches(api: Client) -> None:
    made = api.make(PODS, pod("one", labels={"a": "1", "b": "2"}))
    path, labels = f"{PODS}/one", '{"metadata": {"labels": {"a": null, "c": "3"}}}'
    _, now = patched(api, path, labels, MERGE)
    assert now["metadata"]["labels"] == {"b": "2", "c": "3"}
    _, now = patched(api, path, '{"metadata": {"finalizers": ["x.example/y"]}}', STRATEGIC)
    _, now = patched(api, path, '{"metadata": {"finalizers": ["x.example/z"]}}', STRATEGIC)
    assert now["metadata"]["finalizers"] == ["x.example/z", "x.example/y"]
    image = '{"spec": {"containers": [{"name": "main", "image": "another"}]}}'
    _, now = patched(api, path, image, STRATEGIC)
    assert now["spec"]["containers"][0]["command"] == made["spec"]["containers"][0]["command"]
    at = "/metadata/labels/b"
    steps = json.dumps([{"op": "test", "path": at, "value": "2"}, {"op": "remove", "path": at}])
    json_patch = "application/json-patch+json"
    _, now = patched(api, path, steps, json_patch)
    assert now["metadata"]["labels"] == {"c": "3"}
    assert patched(api, path, steps, json_patch)[0] == 422
    assert patched(api, path, "{}", "application/json")[0] == 415
    assert api.read(path)["metadata"]["labels"] == {"c": "3"}
    patched(api, path, '{"metadata": {"finalizers": null}}', MERGE)


def test_a_patch_that_changes_nothing_writes_nothing(api: Client) -> None:
    made = api.make(SECRETS, secret())
    _, now = patched(api, f"{SECRETS}/door", '{"type": "Opaque"}', MERGE)
    assert now == made


def test_deleting_answers_as_the_kind_does(api: Client) -> None:
    made = api.make(SECRETS, secret())
    answer = api.delete(f"{SECRETS}/door").json()
    assert (answer["kind"], answer["status"]) == ("Status", "Success")
    assert answer["details"]["uid"] == made["metadata"]["uid"]
    assert api.read(f"{SECRETS}/door", 404)["reason"] == "NotFound"
    assert api.delete(f"{SECRETS}/door").status_code == 404


def test_only_the_object_that_was_meant_is_deleted(api: Client) -> None:
    api.make(SECRETS, secret())
    answer = api.request("DELETE", f"{SECRETS}/door", json={"preconditions": {"uid": "another"}})
    assert (answer.status_code, answer.json()["reason"]) == (409, "Conflict")
    assert "Precondition failed: UID in precondition: another" in answer.json()["message"]


def test_a_finalizer_holds_what_is_deleted(api: Client) -> None:
    body = secret()
    body["metadata"]["finalizers"] = ["notebench.example/kept"]
    api.make(SECRETS, body)
    assert api.delete(f"{SECRETS}/door").json()["metadata"]["deletionTimestamp"]
    assert api.read(f"{SECRETS}/door")["metadata"]["finalizers"]
    patched(api, f"{SECRETS}/door", '{"metadata": {"finalizers": null}}', MERGE)
    assert api.get(f"{SECRETS}/door").status_code == 404


def test_a_collection_goes_by_its_selector(api: Client) -> None:
    for name, colour in [("a", "red"), ("b", "blue"), ("c", "red")]:
        body = secret(name)
        body["metadata"]["labels"] = {"colour": colour}
        api.make(SECRETS, body)
    api.delete(SECRETS, params={"labelSelector": "colour=red"})
    assert [one["metadata"]["name"] for one in api.read(SECRETS)["items"]] == ["b"]


def test_a_namespace_goes_with_everything_in_it(api: Client) -> None:
    api.make(SECRETS, secret())
    api.make(PODS, pod("one", STUBBORN, terminationGracePeriodSeconds=1))
    api.until(f"{PODS}/one/log", lambda text: "up" in text)
    assert api.delete(f"/api/v1/namespaces/{SPACE}").json()["status"]["phase"] == "Terminating"
    refused = api.make(SECRETS, secret("late"), 403)
    assert "because it is being terminated" in refused["message"]
    api.gone(f"/api/v1/namespaces/{SPACE}")
    assert api.read("/api/v1/pods")["items"] == []


def test_places_that_are_not_served(api: Client) -> None:
    answer = api.get("/api/v1/unicorns")
    assert (answer.status_code, answer.json()["reason"]) == (404, "NotFound")
    for path in ("/apis/nothing/v1/x", f"{PODS}/one/two/three", "/nothing"):
        answer = api.get(path)
        assert (answer.status_code, answer.text) == (404, "404 page not found\n")


def test_what_was_asked_is_counted(api: Client, cluster: Cluster) -> None:
    before = len(cluster.api.seen)
    api.make(SECRETS, secret())
    api.get(f"{SECRETS}/none")
    api.get(SECRETS, params={"limit": "many"})
    asked = [(one.verb, one.path, one.user, one.code) for one in cluster.api.seen[before:]]
    assert asked == [
        ("create", SECRETS, "admin", 201),
        ("get", f"{SECRETS}/none", "admin", 404),
        ("list", SECRETS, "admin", 400),
    ]


def test_trouble_comes_as_often_as_asked(api: Client, cluster: Cluster) -> None:
    cluster.trouble(Trouble(code=503, reason="ServiceUnavailable", method="GET", path=SECRETS, times=2))
    assert [api.get(SECRETS).status_code for _ in range(3)] == [503, 503, 200]


def test_an_answer_can_get_lost_after_the_work_was_done(api: Client, cluster: Cluster) -> None:
    cluster.trouble(Trouble(method="POST", lost=True))
    with pytest.raises(httpx.TransportError):
        api.post(SECRETS, json=secret())
    assert api.make(SECRETS, secret(), 409)["reason"] == "AlreadyExists"


def test_the_api_goes_away_and_comes_back_at_the_same_address(api: Client, cluster: Cluster) -> None:
    api.make(PODS, pod("one"))
    api.phase("one", "Running")
    before = cluster.processes()
    cluster.close()
    with pytest.raises(httpx.TransportError):
        api.get(PODS)
    cluster.open()
    assert api.read(f"{PODS}/one")["status"]["phase"] == "Running"
    assert cluster.processes() == before
