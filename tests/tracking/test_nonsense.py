"""Nonsense in every place of the tracking API, over a real MLflow: refused, never a failure of ours."""

from urllib.parse import quote

import pytest

from tests.mlflow_world import World

NONSENSE = [
    "\0",
    "..",
    "../../etc/passwd",
    "%2e%2e",
    "'; DROP TABLE runs; --",
    "' OR 1=1 --",
    '"',
    "<script>alert(1)</script>",
    "a" * 1900,
    "ä🦆\u202e",
    "-1",
    "0",
    "99999999999999999999999",
    "1e309",
    "@",
    "@@x",
    "null",
    "{}",
    "\n\r\t",
    " ",
    "/",
    "\\",
    "`x`=1",
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
]
PATHS = [
    "/experiments/{x}",
    "/experiments/{x}/runs",
    "/experiments/1/runs?filter={x}",
    "/experiments/1/runs?order_by={x}",
    "/experiments/1/runs?cursor={x}",
    "/experiments/1/runs?limit={x}",
    "/mlflow-runs/{x}",
    "/mlflow-runs/{x}/artifacts",
    "/mlflow-runs/{x}/artifact?path=a",
    "/mlflow-runs/{x}/metrics/a",
    "/mlflow-runs/{run}/metrics/{x}",
    "/mlflow-runs/{run}/artifacts?path={x}",
    "/mlflow-runs/{run}/artifact?path={x}",
    "/models/{x}",
    "/models/{x}/versions/1",
    "/models/nonsense/versions/{x}",
    "/models/nonsense/versions/{x}/signature",
]


@pytest.fixture(scope="module")
def run(world: World) -> str:
    mlflow = "/mlflow/api/2.0/mlflow"
    with world.http("session-eve") as http:
        asked = {"experiment_name": "Notebooks"}
        found = http.get(f"{mlflow}/experiments/get-by-name", params=asked).json()["experiment"]
        made = http.post(f"{mlflow}/runs/create", json={"experiment_id": found["experiment_id"]}).json()
        run_id: str = made["run"]["info"]["run_id"]
        http.post("/api/v1/models", json={"name": "nonsense", "run": run_id})
        http.post(f"{mlflow}/registered-models/create", json={"name": "nonsense"})
        return run_id


@pytest.mark.parametrize("path", PATHS)
def test_reading(world: World, run: str, path: str) -> None:
    with world.http("session-eve") as http:
        for word in NONSENSE:
            answer = http.get("/api/v1" + path.format(x=quote(word, safe=""), run=run))
            assert answer.status_code < 500, (word, answer.text)
            assert "root:" not in answer.text


@pytest.mark.parametrize("field", ["name", "run", "model", "alias", "description"])
def test_registering(world: World, run: str, field: str) -> None:
    with world.http("session-eve") as http:
        for word in NONSENSE:
            body = {"name": "x", "run": run} | {field: word}
            answer = http.post("/api/v1/models", json=body)
            assert 400 <= answer.status_code < 500, (word, answer.text)


def test_aliases(world: World, run: str) -> None:
    assert run
    with world.http("session-eve") as http:
        for word in NONSENSE:
            name = quote(word, safe="")
            for path in (f"/api/v1/models/{name}/aliases/a", f"/api/v1/models/nonsense/aliases/{name}"):
                assert http.put(path, json={"version": "1"}).status_code in {400, 404, 405, 422}, word
                assert http.delete(path).status_code < 500, word
            version = http.put("/api/v1/models/nonsense/aliases/a", json={"version": word})
            assert version.status_code in {400, 404, 422}, word
