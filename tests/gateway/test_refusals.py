"""What the gateway keeps closed, and what it refuses on the routes that are open."""

from typing import Any

import httpx
import pytest

from tests.mlflow_world import World

API = "/mlflow/api/2.0/mlflow"
ARTIFACTS = "/mlflow/api/2.0/mlflow-artifacts/artifacts"

CLOSED = [
    ("GET", ""),
    ("GET", "graphql"),
    ("POST", "graphql"),
    ("GET", "signup"),
    ("GET", "get-artifact?path=x&run_uuid=y"),
    ("GET", "model-versions/get-artifact?path=x"),
    ("GET", "static-files/index.html"),
    ("GET", "ajax-api/2.0/mlflow/experiments/search"),
    ("GET", "ajax-api/3.0/mlflow/assistant/config"),
    ("POST", "ajax-api/3.0/mlflow/jobs"),
    ("POST", "api/3.0/jobs"),
    ("POST", "api/2.0/mlflow/users/create"),
    ("GET", "api/2.0/mlflow/users/list"),
    ("GET", "api/2.0/mlflow/users/current"),
    ("PATCH", "api/2.0/mlflow/users/update-admin"),
    ("POST", "api/3.0/mlflow/users/permissions/grant"),
    ("POST", "api/3.0/mlflow/roles/create"),
    ("GET", "api/3.0/mlflow/roles/list"),
    ("POST", "api/3.0/mlflow/workspaces"),
    ("GET", "api/3.0/mlflow/workspaces/u-ann"),
    ("PATCH", "api/3.0/mlflow/workspaces/u-ann"),
    ("DELETE", "api/3.0/mlflow/workspaces/u-ann"),
    ("POST", "api/2.0/mlflow/webhooks"),
    ("POST", "api/2.0/mlflow/traces"),
    ("POST", "api/3.0/mlflow/traces"),
    ("POST", "v1/traces"),
    ("POST", "gateway/x/mlflow/invocations"),
    ("POST", "api/3.0/mlflow/gateway/secrets/create"),
    ("POST", "api/3.0/mlflow/prompt-optimization/jobs"),
    ("POST", "api/3.0/mlflow/scorers/register"),
    ("POST", "api/2.0/mlflow-artifacts/mpu/create/1/x"),
    ("GET", "api/2.0/mlflow-artifacts/presigned/1/x"),
    ("POST", "api/2.0/mlflow/artifacts/presigned-upload-url"),
    ("POST", "api/2.0/mlflow/artifacts/presigned-download-url"),
    ("DELETE", "api/2.0/mlflow-artifacts/artifacts/1/x"),
    ("GET", "api/2.0/mlflow/experiments/get/"),
    ("GET", "API/2.0/mlflow/experiments/get"),
    ("GET", "%61pi/2.0/mlflow/experiments/get"),
    ("GET", "api/2.0/mlflow/experiments/get;x"),
    ("PUT", "api/2.0/mlflow/experiments/search"),
    ("OPTIONS", "api/2.0/mlflow/experiments/search"),
]


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_what_is_not_written_down_is_closed(world: World, method: str, path: str) -> None:
    with world.http("session-ann") as http:
        answer = http.request(method, "/mlflow/" + path)
    assert answer.status_code in {400, 403}
    assert answer.json()["code"] in {"route-closed", "path-refused"}
    assert answer.json()["next_step"]


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "%2e%2e/x",
        "%252e%252e/x",
        "a/..%2f..%2fetc/passwd",
        "a/%2e%2e%2f%2e%2e%2fx",
        "a//b",
        "a/%00",
        "a%5c..%5cx",
        "workspaces/default/1/x",
        "workspaces/u-bob-x/1/x",
        "/etc/passwd",
        "%2fetc/passwd",
    ],
)
def test_no_path_leaves_the_workspace(world: World, path: str) -> None:
    url = httpx.URL(world.url)
    raw = f"{url.raw_path.decode()}{ARTIFACTS}/{path}".encode()
    with world.http("session-ann") as http:
        target = url.copy_with(raw_path=raw)
        for method, content in (("GET", None), ("PUT", b"x")):
            answer = http.request(method, target, content=content)
            assert answer.status_code in {400, 403, 404}, answer.text
            assert "root:" not in answer.text
        listed = http.get(ARTIFACTS, params={"path": path})
        assert listed.status_code in {400, 403} or listed.json().get("files", []) == []


SOURCES = [
    "file:///etc",
    "/etc",
    "etc",
    "http://169.254.169.254/x",
    "https://example.org/x",
    "s3://bucket/x",
    "ftp://host/x",
    "dbfs:/x",
    "mlflow-artifacts:/workspaces/u-bob-81b637d8/1/x",
    "mlflow-artifacts://host/workspaces/x",
    "mlflow-artifacts:/../../etc",
    "mlflow-artifacts:/..%2f..%2fetc",
    "models:/../x",
    "models:/m-0123456789abcdef0123456789abcdef",
    "models:/nobody/7",
    "runs:/../../etc",
    "runs:/0123/../../x",
    "RUNS:/0123/x",
    " file:///etc",
    "",
]


@pytest.mark.parametrize("source", SOURCES)
def test_models_come_from_runs_only(world: World, source: str) -> None:
    with world.http("session-ann") as http:
        http.post(f"{API}/registered-models/create", json={"name": "from-anywhere"})
        answer = http.post(f"{API}/model-versions/create", json={"name": "from-anywhere", "source": source})
        assert answer.status_code in {400, 403, 404}, answer.text
        found = http.get(f"{API}/model-versions/search", params={"filter": "name='from-anywhere'"})
        assert found.json().get("model_versions", []) == []


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("experiments/create", {"name": "a", "artifact_location": "file:///etc"}, "artifact-location"),
        ("experiments/create", {"name": "a", "artifactLocation": "file:///etc"}, "refused"),
        ("runs/create", {"experimentId": "1"}, "refused"),
        ("runs/create", {"experiment_id": "1", "tags": "x"}, "refused"),
        ("runs/create", {"experiment_id": "1", "tags": [{"key": {}, "value": 1}]}, "refused"),
        ("runs/set-tag", {"run_id": "x", "key": "notebench.user", "value": "eve"}, "tag-vouched"),
        ("runs/set-tag", {"run_id": "x", "key": "mlflow.user", "value": "eve"}, "tag-vouched"),
        ("runs/delete-tag", {"run_id": "x", "key": "notebench.session"}, "tag-vouched"),
        ("runs/log-batch", {"run_id": "x", "tags": [{"key": "notebench.user"}]}, "tag-vouched"),
        ("model-versions/create", {"name": "a", "source": "runs:/1/x", "runId": "1"}, "refused"),
    ],
)
def test_bodies_say_only_what_they_may(world: World, path: str, body: dict[str, Any], code: str) -> None:
    with world.http("session-ann") as http:
        answer = http.post(f"{API}/{path}", json=body)
    assert answer.json()["code"] == code
    assert answer.json()["error_code"] in {"INVALID_PARAMETER_VALUE", "PERMISSION_DENIED"}


@pytest.mark.parametrize("raw", [b"[1]", b"{", b"[" * 100_000, b'"x"', b"\xff"])
def test_what_is_not_json_is_refused(world: World, raw: bytes) -> None:
    with world.http("session-ann") as http:
        answer = http.post(f"{API}/runs/create", content=raw)
    assert (answer.status_code, answer.json()["code"]) == (400, "json")


def test_the_default_experiment_stays(world: World) -> None:
    with world.http("session-ann") as http:
        named = {"experiment_name": "Notebooks"}
        found = http.get(f"{API}/experiments/get-by-name", params=named).json()["experiment"]
        for path, more in (("experiments/delete", {}), ("experiments/update", {"new_name": "x"})):
            answer = http.post(f"{API}/{path}", json={"experiment_id": found["experiment_id"]} | more)
            assert (answer.status_code, answer.json()["code"]) == (403, "default-experiment")


@pytest.mark.parametrize("token", ["nobody", "notebench", "x.y"])
def test_nobody_comes_in_without_a_token(world: World, token: str) -> None:
    with world.http(token) as http:
        answer = http.get(f"{API}/experiments/search", params={"max_results": 1})
    assert answer.status_code == 401
    assert "www-authenticate" not in answer.headers


def test_headers_that_cannot_be_passed_on_are_left_out(world: World) -> None:
    with world.http("session-ann") as http:
        odd = [(b"Range", b"bytes=\xff"), (b"Accept", b"\xc3\xa4"), (b"Accept-Encoding", b"\xff")]
        answer = http.get(f"{API}/experiments/search?max_results=1", headers=odd)
        assert answer.status_code == 200


def test_a_body_of_two_lengths_is_refused(world: World) -> None:
    with world.http("session-ann") as http:
        double = {"Transfer-Encoding": "chunked", "Content-Length": "2"}
        answer = http.post(f"{API}/experiments/search", content=b"{}", headers=double)
        assert answer.status_code == 400


def test_files_are_sandboxed_and_limited(world: World) -> None:
    with world.http("session-ann", Cookie="a=b") as http:
        run = _run(http)
        folder = run["info"]["artifact_uri"].removeprefix("mlflow-artifacts:/")
        page = f"{ARTIFACTS}/{folder}/page.html"
        assert http.put(page, content=b"<script>alert(1)</script>").status_code == 200
        answer = http.get(page)
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"] == "attachment"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert "set-cookie" not in answer.headers

        large = b"x" * (2 * 2**20 + 1)
        announced = http.put(f"{ARTIFACTS}/{folder}/large.bin", content=large)
        assert (announced.status_code, announced.json()["code"]) == (413, "too-large")
        streamed = http.put(f"{ARTIFACTS}/{folder}/large.bin", content=iter([large]))
        assert streamed.status_code == 413
        assert http.get(f"{ARTIFACTS}/{folder}/large.bin").status_code == 404


def _run(http: httpx.Client) -> dict[str, Any]:
    named = {"experiment_name": "Notebooks"}
    found = http.get(f"{API}/experiments/get-by-name", params=named).json()["experiment"]
    run: dict[str, Any] = http.post(
        f"{API}/runs/create", json={"experiment_id": found["experiment_id"]}
    ).json()["run"]
    return run
