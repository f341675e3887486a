"""Service, hub or the cluster's API away in the middle of a start, a run, a deployment: all comes right."""

import json
import sqlite3
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.installation import wait_for
from tests.journey.test_restarts import TRAIN, notebook
from tests.kube.installation import SPACE, ClusterInstallation
from tests.kube.standin.cluster import Cluster
from tests.kube.standin.kinds import DEPLOYMENTS, JOBS, PODS, Object

USER = "hedy"
ENDED = {"succeeded", "failed", "lost", "cancelled", "timed_out"}
QUICK = "print('done')"
SLOW = "import pathlib, time\nwhile not pathlib.Path('go').exists(): time.sleep(0.2)"
BODY = {"dataframe_split": {"columns": ["x"], "data": [[3.0]]}}


class Somebody:
    """A person with a session, and how to see that it is still the same one."""

    def __init__(self, installation: ClusterInstallation) -> None:
        self.installation, self.cluster = installation, installation.cluster
        installation.add_user(USER)
        token = installation.token(USER)
        self.api = installation.api(token)
        self.hub = httpx.Client(
            base_url=installation.url, headers={"Authorization": f"token {token}"}, timeout=60
        )
        self.start()
        wait_for(self.ready, 120, "the session")
        self.pod = self.pods("session")[0]["metadata"]["uid"]

    def start(self, server: str = "") -> httpx.Response:
        where = f"hub/api/users/{USER}/servers/{server}" if server else f"hub/api/users/{USER}/server"
        options = {"image": "scientific", "profile": "small", "acting_for": "personal"}
        answer = self.hub.post(where, json=options)
        assert answer.status_code in {201, 202}, answer.text
        return answer

    def servers(self) -> dict[str, Any]:
        return dict(self.hub.get(f"hub/api/users/{USER}").json()["servers"])

    def ready(self, server: str = "") -> bool:
        return bool(self.servers().get(server, {}).get("ready"))

    def put(self, name: str, content: str) -> None:
        """A file of the home, through the session itself."""
        where = f"user/{USER}/api/contents/{name}"
        answer = self.hub.put(where, json={"type": "file", "format": "text", "content": content})
        assert answer.status_code in {200, 201}, answer.text

    def answers(self) -> bool:
        """Whether the session, the one that was there in the beginning, answers through the proxy."""
        try:
            answer = self.hub.get(f"user/{USER}/api/status")
        except httpx.HTTPError:
            return False
        there = [pod["metadata"]["uid"] for pod in self.pods("session")]
        return answer.status_code == 200 and self.pod in there

    def run(self, name: str) -> str:
        return str(self.api.post("runs", json={"notebook": name}).raise_for_status().json()["id"])

    def ended(self, run: str) -> dict[str, Any] | None:
        record: dict[str, Any] = self.api.get(f"runs/{run}").json()
        return record if record["state"] in ENDED else None

    def pods(self, kind: str) -> list[Object]:
        return self._mine(PODS, kind)

    def jobs(self, run: str) -> list[Object]:
        return [one for one in self._mine(JOBS, "run") if one["metadata"]["name"].startswith(f"run-{run}")]

    def _mine(self, kind: Any, what: str) -> list[Object]:
        labels = {"notebench/user": USER, "notebench/kind": what}
        everything = self.cluster.all(kind, SPACE)
        return [one for one in everything if labels.items() <= one["metadata"]["labels"].items()]

    def predicts(self, name: str) -> bool:
        deployment = self.api.get(f"deployments/{name}").json()
        where = f"services/notebench/endpoints/{deployment['id']}/invocations"
        try:
            answer = self.hub.post(where, json=BODY)
        except httpx.HTTPError:
            return False
        return answer.status_code == 200 and abs(answer.json()["predictions"][0] - 6.0) < 1e-6

    def deployed(self, name: str) -> list[Object]:
        """The Deployments of a deployment."""
        found = self.api.get(f"deployments/{name}").json()["id"]
        return [one for one in self.cluster.all(DEPLOYMENTS, SPACE) if found in one["metadata"]["name"]]


@pytest.fixture(scope="module")
def hedy(installation: ClusterInstallation) -> Iterator[Somebody]:
    somebody = Somebody(installation)
    somebody.put("train.ipynb", notebook(TRAIN))
    somebody.put("quick.ipynb", notebook(QUICK))
    somebody.put("slow.ipynb", notebook(SLOW))
    for _ in range(3):  # on a busy machine MLflow may be too slow for it once
        trained = somebody.run("train.ipynb")
        done = wait_for(lambda run=trained: somebody.ended(run), 240, "the training")  # type: ignore[misc]
        if done["state"] == "succeeded":
            break
    assert done["state"] == "succeeded", json.dumps(done, indent=1)
    yield somebody
    for server in somebody.servers():
        where = f"servers/{server}" if server else "server"
        somebody.hub.delete(f"hub/api/users/{USER}/{where}")
    wait_for(lambda: not somebody.servers(), 60, "the end of the sessions")


def test_service_killed_in_the_middle_of_a_run_and_a_deployment(
    hedy: Somebody, installation: ClusterInstallation
) -> None:
    slow = hedy.run("slow.ipynb")
    wait_for(lambda: hedy.jobs(slow), 60, "the Job of the slow run", 0.1)
    hedy.api.put("deployments/line", json={"model": "line", "profile": "small"}).raise_for_status()
    quick = hedy.run("quick.ipynb")
    installation.kill("service")
    assert hedy.answers(), "the session does not need the service"
    hedy.put("go", "")
    installation.start("service")
    installation.wait_healthy()
    for run in (slow, quick):
        done = wait_for(lambda run=run: hedy.ended(run), 240, "the run")  # type: ignore[misc]
        assert done["state"] == "succeeded", json.dumps(done, indent=1)
        assert len(hedy.jobs(run)) == 1, "started once"
    kept = hedy.api.get(f"runs/{quick}/output").json()
    assert kept["code"] == "output-in-home", "its output is where only sessions see it"
    wait_for(lambda: hedy.predicts("line"), 120, "the endpoint")
    assert len(hedy.deployed("line")) == 1
    assert len(hedy.pods("model-server")) == 1
    assert hedy.answers()


def test_hub_killed_in_the_middle_of_a_start(hedy: Somebody, installation: ClusterInstallation) -> None:
    hedy.start("second")
    wait_for(lambda: len(hedy.pods("session")) == 2, 60, "the second pod", 0.05)
    installation.kill("hub")
    assert hedy.answers(), "nor the hub, for a token that it has said something about just now"
    installation.start("hub")
    installation.wait_healthy()
    wait_for(hedy.ready, 60, "what the hub says of the session")
    # A start that was cut off is found again, or is over: then the next one takes its place.
    wait_for(lambda: not hedy.servers().get("second", {}).get("pending"), 120, "its end")
    if not hedy.ready("second"):
        hedy.start("second")
        wait_for(lambda: hedy.ready("second"), 120, "the second session")
    assert len(hedy.pods("session")) == 2, "none twice, none left behind"
    wait_for(lambda: records(installation) == ["running", "running"], 90, "the records")
    assert hedy.answers()


def test_api_away_in_the_middle_of_a_run_and_a_deployment(hedy: Somebody) -> None:
    if not isinstance(hedy.cluster, Cluster):
        pytest.skip("Only the API of the stand-in may be taken away.")
    run = hedy.run("quick.ipynb")
    hedy.api.put("deployments/again", json={"model": "line", "profile": "small"}).raise_for_status()
    hedy.cluster.close()
    try:
        assert hedy.predicts("line"), "what answers goes on answering"
        assert hedy.answers()
    finally:
        hedy.cluster.open()
    done = wait_for(lambda: hedy.ended(run), 240, "the run")
    assert done["state"] == "succeeded", json.dumps(done, indent=1)
    assert len(hedy.jobs(run)) == 1
    wait_for(lambda: hedy.predicts("again"), 120, "the new endpoint")
    assert len(hedy.deployed("again")) == 1
    assert hedy.answers()


def records(installation: ClusterInstallation) -> list[str]:
    """The states of the sessions that are not over, as the service has them."""
    with sqlite3.connect(f"file:{installation.place.service / 'notebench.db'}?mode=ro", uri=True) as database:
        query = "select state from sessions where state in ('starting', 'running') and user = ?"
        return [state for (state,) in database.execute(query, (USER,))]
