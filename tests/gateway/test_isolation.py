"""Two people see nothing of each other through any open route; a project's members share."""

import uuid
from typing import Any

import httpx
import pytest
from notebench_hub.service.gateway.routes import OPEN, Route
from notebench_hub.service.names import workspace_name

from tests.mlflow_world import World, owner

API = "/mlflow/api/2.0/mlflow"
SECRET = "belongs-to-ann-only"


def made_by(world: World, token: str, name: str) -> dict[str, str]:
    """An experiment with a run, an artifact, a logged and a registered model, and their names."""
    with world.http(token) as http:
        experiment = post(http, "experiments/create", name=name)["experiment_id"]
        tags = [{"key": "secret", "value": SECRET}]
        run = post(http, "runs/create", experiment_id=experiment, run_name=name, tags=tags)["run"]
        run_id = run["info"]["run_id"]
        post(http, "runs/log-metric", run_id=run_id, key="m", value=1.0, timestamp=1, step=0)
        folder = run["info"]["artifact_uri"].removeprefix("mlflow-artifacts:/")
        file = f"/mlflow/api/2.0/mlflow-artifacts/artifacts/{folder}/secret.txt"
        assert http.put(file, content=SECRET.encode()).status_code == 200
        model = post(http, "logged-models", experiment_id=experiment, name="m", source_run_id=run_id)
        model_id = model["model"]["info"]["model_id"]
        post(http, "registered-models/create", name=name, tags=tags)
        version = post(http, "model-versions/create", name=name, source=f"runs:/{run_id}/m", run_id=run_id)
        assert version["model_version"]["version"] == "1"
        post(http, "registered-models/alias", name=name, alias="a", version="1")
    return {
        "experiment_id": experiment,
        "experiment_name": name,
        "run_id": run_id,
        "model_id": model_id,
        "name": name,
        "file": file,
        "folder": folder,
        "workspace": workspace_name(owner(token).user, owner(token).acting_for),
    }


def post(http: httpx.Client, path: str, **body: Any) -> dict[str, Any]:
    answer = http.post(f"{API}/{path}", json=body)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


@pytest.fixture(scope="module")
def anns(world: World) -> dict[str, str]:
    return made_by(world, "session-ann", f"ann-{uuid.uuid4().hex[:6]}")


def ask(http: httpx.Client, route: Route, of: dict[str, str]) -> httpx.Response:
    """A request on this route that names everything of `of` that such a route can name."""
    path = route.pattern.replace("{path}", of["folder"] + "/secret.txt").replace("{key}", "secret")
    path = path.replace("workspaces/{id}", "workspaces/" + of["workspace"]).replace("{id}", of["model_id"])
    words = {
        "experiment_id": of["experiment_id"],
        "experiment_name": of["experiment_name"],
        "run_id": of["run_id"],
        "run_ids": of["run_id"],
        "name": of["name"],
        "version": "1",
        "alias": "a",
        "metric_key": "m",
        "start_step": "0",
        "end_step": "9",
        "max_results": "10",
    }
    if path.endswith("mlflow-artifacts/artifacts"):
        words = {"path": of["folder"]}
    if route.method == "GET":
        return http.get("/mlflow/" + path, params=words)
    if route.streamed:
        return http.put("/mlflow/" + path, content=b"mine now")
    return http.request(route.method, "/mlflow/" + path, json=_body(route, of))


def _body(route: Route, of: dict[str, str]) -> dict[str, Any]:
    run, name = {"run_id": of["run_id"]}, {"name": of["name"]}
    version = name | {"version": "1"}
    tag = {"key": "k", "value": "v"}
    bodies: dict[str, dict[str, Any]] = {
        "experiments/search": {"max_results": 10},
        "experiments/create": {"name": "x" + uuid.uuid4().hex},
        "experiments/update": {"experiment_id": of["experiment_id"], "new_name": "stolen"},
        "experiments/set-experiment-tag": {"experiment_id": of["experiment_id"], **tag},
        "experiments/delete-experiment-tag": {"experiment_id": of["experiment_id"], "key": "k"},
        "runs/search": {"experiment_ids": [of["experiment_id"]]},
        "runs/create": {"experiment_id": of["experiment_id"]},
        "runs/update": run | {"run_name": "stolen"},
        "runs/log-metric": run | {"key": "k", "value": 1, "timestamp": 1},
        "runs/log-parameter": run | tag,
        "runs/log-batch": run | {"params": [tag]},
        "runs/log-inputs": run | {"models": [{"model_id": of["model_id"]}]},
        "runs/outputs": run | {"models": [{"model_id": of["model_id"], "step": 0}]},
        "runs/log-model": run | {"model_json": "{}"},
        "runs/set-tag": run | tag,
        "runs/delete-tag": run | {"key": "secret"},
        "logged-models": {"experiment_id": of["experiment_id"], "source_run_id": of["run_id"]},
        "logged-models/search": {"experiment_ids": [of["experiment_id"]]},
        "logged-models/{id}": {"model_id": of["model_id"], "status": "LOGGED_MODEL_READY"},
        "logged-models/{id}/params": {"model_id": of["model_id"], "params": [tag]},
        "logged-models/{id}/tags": {"model_id": of["model_id"], "tags": [tag]},
        "registered-models/get-latest-versions": name,
        "registered-models/rename": name | {"new_name": "stolen"},
        "registered-models/update": name | {"description": "stolen"},
        "registered-models/set-tag": name | tag,
        "registered-models/delete-tag": name | {"key": "secret"},
        "registered-models/alias": version | {"alias": "a"},
        "model-versions/create": name | {"source": f"runs:/{of['run_id']}/m", "run_id": of["run_id"]},
        "model-versions/transition-stage": version | {"stage": "Archived"},
        "model-versions/update": version | {"description": "stolen"},
        "model-versions/set-tag": version | tag,
        "model-versions/delete-tag": version | {"key": "k"},
        "model-versions/delete": version,
        "registered-models/create": {"name": "y" + uuid.uuid4().hex},
        "registered-models/delete": name,
    }
    default = {"experiment_id": of["experiment_id"]} if "experiments/" in route.pattern else run
    return bodies.get(route.pattern.removeprefix("api/2.0/mlflow/"), default)


LET_IN = {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}
HARMLESS = {"health", "version", "api/3.0/mlflow/server-info"}
OWN = {"experiments/create", "registered-models/create", "experiments/search", "registered-models/search"}


@pytest.mark.parametrize("route", OPEN, ids=lambda r: f"{r.method} {r.pattern}")
def test_a_stranger_gets_nothing(world: World, anns: dict[str, str], route: Route) -> None:
    with world.http("session-bob") as http:
        answer = ask(http, route, anns)
    assert SECRET not in answer.text
    assert anns["workspace"] not in answer.text
    short = route.pattern.removeprefix("api/2.0/mlflow/")
    if route.pattern not in HARMLESS and short not in OWN and answer.status_code < 400:
        # A search over something foreign may answer, with nothing in it.
        assert anns["run_id"] not in answer.text
        assert anns["model_id"] not in answer.text
        assert short.endswith(("search", "workspaces", "/artifacts")), (route, answer.text)


@pytest.mark.parametrize("route", OPEN, ids=lambda r: f"{r.method} {r.pattern}")
def test_its_owner_gets_through(world: World, route: Route) -> None:
    """The control: the very requests that a stranger fails with are good ones."""
    own = made_by(world, "session-eve", f"eve-{uuid.uuid4().hex[:6]}")
    with world.http("session-eve") as http:
        answer = ask(http, route, own)
    # Where the request is let in, and there is nothing to restore or remove, MLflow says so.
    assert _let_in(answer), answer.text


@pytest.fixture(scope="module")
def teams(world: World) -> dict[str, str]:
    return made_by(world, "team-ann", f"team-{uuid.uuid4().hex[:6]}")


@pytest.mark.parametrize("route", [r for r in OPEN if r.access == "READ"], ids=lambda r: r.pattern)
def test_a_viewer_reads_everything(world: World, teams: dict[str, str], route: Route) -> None:
    with world.http("team-bob") as http:
        answer = ask(http, route, teams)
    assert _let_in(answer), answer.text


def _let_in(answer: httpx.Response) -> bool:
    if answer.status_code == 200:
        return True
    said = answer.json()
    return said["error_code"] in LET_IN and said.get("code") != "mlflow-unknown"


@pytest.mark.parametrize("source", ["runs:/{run_id}/m", "models:/{model_id}", "mlflow-artifacts:/{folder}"])
@pytest.mark.parametrize("named", [{}, {"run_id": "{run_id}"}, {"model_id": "{model_id}"}])
def test_no_version_is_made_of_a_strangers_model(
    world: World, anns: dict[str, str], source: str, named: dict[str, str]
) -> None:
    with world.http("session-bob") as http:
        http.post(f"{API}/registered-models/create", json={"name": "bobs"})
        body = {key: value.format(**anns) for key, value in named.items()}
        body |= {"name": "bobs", "source": source.format(**anns)}
        made = http.post(f"{API}/model-versions/create", json=body)
        if made.status_code == 200:
            # MLflow notes down a run it has not looked up. It opens nothing:
            version = made.json()["model_version"]["version"]
            asked = {"name": "bobs", "version": version}
            where = http.get(f"{API}/model-versions/get-download-uri", params=asked)
            assert anns["folder"] not in where.text
            form = http.get(f"/api/v1/models/bobs/versions/{version}/signature")
            assert form.json().get("inputs", []) == []
        assert SECRET not in made.text
        assert http.get(anns["file"]).status_code == 404


def test_nothing_has_changed_for_its_owner(world: World, anns: dict[str, str]) -> None:
    with world.http("session-ann") as http:
        assert http.get(anns["file"]).text == SECRET
        run = http.get(f"{API}/runs/get", params={"run_id": anns["run_id"]}).json()["run"]
        assert run["info"]["run_name"] == anns["name"]
        assert run["info"]["lifecycle_stage"] == "active"
        model = http.get(f"{API}/registered-models/get", params={"name": anns["name"]}).json()
        assert model["registered_model"]["latest_versions"][0]["current_stage"] == "None"


def test_a_foreign_workspace_is_refused_and_an_own_one_is_not(world: World, anns: dict[str, str]) -> None:
    header = "X-MLFLOW-WORKSPACE"
    query = {"max_results": 5}
    with world.http("hub-bob", **{header: anns["workspace"]}) as http:
        refused = http.get(f"{API}/experiments/search", params=query)
        assert (refused.status_code, refused.json()["code"]) == (403, "workspace-foreign")
    with world.http("hub-ann", **{header: workspace_name("", "team")}) as http:
        assert http.get(f"{API}/experiments/search", params=query).status_code == 200
    with world.http("session-ann", **{header: workspace_name("", "team")}) as http:
        assert http.get(f"{API}/experiments/search", params=query).status_code == 403
    with world.http("hub-ann", **{header: "default"}) as http:
        assert http.get(f"{API}/experiments/search", params=query).status_code == 403


def test_members_share_a_project_and_viewers_only_look(world: World) -> None:
    teams = made_by(world, "team-ann", f"team-{uuid.uuid4().hex[:6]}")
    with world.http("team-cat") as http:
        assert http.get(teams["file"]).text == SECRET
        post(http, "runs/log-metric", run_id=teams["run_id"], key="m", value=2.0, timestamp=2, step=1)
    with world.http("team-bob") as http:
        assert http.get(teams["file"]).text == SECRET
        found = post(http, "runs/search", experiment_ids=[teams["experiment_id"]])
        assert found["runs"][0]["info"]["run_id"] == teams["run_id"]
        refused = http.post(f"{API}/runs/set-tag", json={"run_id": teams["run_id"], "key": "k", "value": "v"})
        assert (refused.status_code, refused.json()["code"]) == (403, "read-only")
        assert http.put(teams["file"], content=b"mine").status_code == 403
    with world.http("hub-eve", **{"X-MLFLOW-WORKSPACE": workspace_name("", "team")}) as http:
        assert http.get(teams["file"]).status_code == 403


@pytest.mark.parametrize("route", [r for r in OPEN if r.access == "MANAGE"], ids=lambda r: r.pattern)
def test_model_servers_read_only(world: World, anns: dict[str, str], route: Route) -> None:
    with world.http("server-ann") as http:
        answer = ask(http, route, anns)
        assert (answer.status_code, answer.json()["code"]) == (403, "read-only")
        assert http.get(anns["file"]).text == SECRET


def test_a_notebook_run_writes_as_itself(world: World) -> None:
    with world.http("run-ann") as http:
        experiment = http.get(
            f"{API}/experiments/get-by-name", params={"experiment_name": "Notebooks"}
        ).json()["experiment"]["experiment_id"]
        lies = [
            {"key": "notebench.session", "value": "s-9"},
            {"key": "notebench.notebook_run", "value": "r-9"},
        ]
        run = post(http, "runs/create", experiment_id=experiment, user_id="eve", tags=lies)["run"]
        tags = {tag["key"]: tag["value"] for tag in run["data"]["tags"]}
        assert tags["notebench.notebook_run"] == "r-1"
        assert "notebench.session" not in tags
        assert run["info"]["user_id"] == "ann"
