"""Every part killed while a session, a run and a model server live: all are known again, none twice."""

import json
import time
from pathlib import Path

import httpx
import psutil
import pytest

from tests.installation import Installation, wait_for

USER = "hedy"
SLOW_NOTEBOOK = {
    "cells": [
        {
            "cell_type": "code",
            "id": "a",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": source,
        }
        for source in (
            "import pathlib, time\nwhile not pathlib.Path('go').exists(): time.sleep(0.2)",
            "print('done')",
        )
    ],
    "metadata": {
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
        "language_info": {"name": "python"},
    },
    "nbformat": 4,
    "nbformat_minor": 5,
}
TRAIN = """
import mlflow, numpy, pandas
from sklearn.linear_model import LinearRegression
import notebench
frame = pandas.DataFrame({"x": numpy.arange(8.0)})
with mlflow.start_run() as run:
    model = LinearRegression().fit(frame, frame["x"] * 2)
    signature = mlflow.models.infer_signature(frame, model.predict(frame))
    mlflow.sklearn.log_model(model, name="model", signature=signature, pip_requirements=["scikit-learn"])
notebench.register("line", run=run.info.run_id)
"""


def notebook(source: str) -> str:
    cell = {**SLOW_NOTEBOOK["cells"][0], "source": source}  # type: ignore[dict-item]
    return json.dumps({**SLOW_NOTEBOOK, "cells": [cell]})


class Alive:
    """A session, a run and a model server, and how to see that they are still the same."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        installation.add_user(USER)
        self.token = installation.token(USER)
        self.api = installation.api(self.token)
        self.hub = httpx.Client(
            base_url=installation.url + "hub/api/",
            headers={"Authorization": f"token {self.token}"},
            timeout=60,
        )
        self._start_session()
        self._deploy()
        self._run()

    def _start_session(self) -> None:
        options = {"image": "scientific", "profile": "small", "acting_for": "personal"}
        assert self.hub.post(f"users/{USER}/server", json=options).status_code in {201, 202}
        wait_for(self.session_ready, 120, "the session")

    def session_ready(self) -> bool:
        servers = self.hub.get(f"users/{USER}").json()["servers"]
        return bool(servers.get("", {}).get("ready"))

    def _home(self) -> Path:
        (home,) = (
            path for path in (self.installation.state / "homes").iterdir() if path.name.startswith(USER)
        )
        return home

    def _finish(self, name: str, source: str) -> None:
        (self._home() / name).write_text(notebook(source))
        run = self.api.post("runs", json={"notebook": name}).json()
        done = wait_for(lambda: self._ended(run["id"]), 240, "the training run")
        assert done["state"] == "succeeded", json.dumps(done, indent=1)

    def _ended(self, run: str) -> dict[str, str] | None:
        record = self.api.get(f"runs/{run}").json()
        return (
            record if record["state"] in {"succeeded", "failed", "lost", "cancelled", "timed_out"} else None
        )

    def _deploy(self) -> None:
        self._finish("train.ipynb", TRAIN)
        self.api.put("deployments/line", json={"model": "line", "profile": "small"}).raise_for_status()
        wait_for(self.answers, 120, "the model server")

    def _run(self) -> None:
        (self._home() / "slow.ipynb").write_text(json.dumps(SLOW_NOTEBOOK))
        self.run = self.api.post("runs", json={"notebook": "slow.ipynb"}).json()["id"]
        wait_for(lambda: self.api.get(f"runs/{self.run}").json()["state"] == "running", 120, "the slow run")

    def answers(self) -> bool:
        """Whether the endpoint predicts, asked through the proxy and the gateway."""
        deployment = self.api.get("deployments/line").json()
        body = {"dataframe_split": {"columns": ["x"], "data": [[3.0]]}}
        try:
            answer = self.api.post(
                f"{self.installation.url}services/notebench/endpoints/{deployment['id']}/invocations",
                json=body,
            )
        except httpx.HTTPError:
            return False
        return answer.status_code == 200 and abs(answer.json()["predictions"][0] - 6.0) < 1e-6

    def lab_answers(self) -> bool:
        """Whether the session answers through the proxy with the user's token."""
        try:
            answer = httpx.get(
                f"{self.installation.url}user/{USER}/api/status",
                headers={"Authorization": f"token {self.token}"},
                timeout=10,
            )
        except httpx.HTTPError:
            return False
        return answer.status_code == 200

    def processes(self) -> dict[str, list[int]]:
        """Process ids of everything that was launched and still runs, by kind of workload."""
        found: dict[str, list[int]] = {}
        for folder in sorted((self.installation.state / "workloads").iterdir()):
            handle = folder / "handle.json"
            if not handle.exists() or (folder / "exit.json").exists():
                continue
            pid = json.loads(handle.read_text())["pid"]
            if psutil.pid_exists(pid):
                found.setdefault(folder.name.split("-")[0], []).append(pid)
        return found


@pytest.fixture(scope="module")
def alive(installation: Installation) -> Alive:
    return Alive(installation)


@pytest.mark.parametrize("part", ["service", "hub", "proxy", "mlflow"])
def test_a_killed_part_comes_back_and_touches_nothing(alive: Alive, part: str) -> None:
    before = alive.processes()
    assert before, "something must live"
    killed = alive.installation.kill(part)
    begin = time.monotonic()
    if part != "proxy":
        assert alive.lab_answers() or part == "hub", "the session answers while the part is away"
    wait_for(alive.lab_answers, 30, f"the session through the proxy after {part} was killed", 0.1)
    back = time.monotonic() - begin
    wait_for(lambda: _other_pid(alive.installation, part, killed), 60, f"{part} to come back")
    wait_for(alive.answers, 60, "the endpoint")
    assert alive.session_ready()
    assert alive.processes() == before, "nothing stopped, nothing started twice"
    print(f"{part}: user routes back after {back:.1f} s")


def _other_pid(installation: Installation, part: str, killed: int) -> bool:
    seen = installation.status().get(part, {})
    return bool(seen.get("healthy")) and int(seen["pid"]) != killed


def test_the_run_ends_as_if_nothing_had_happened(alive: Alive) -> None:
    assert "run" in alive.processes()
    (alive._home() / "go").touch()
    done = wait_for(lambda: alive._ended(alive.run), 180, "the slow run")
    assert done["state"] == "succeeded", done


def test_a_killed_supervisor_is_replaced_by_the_next_up(alive: Alive) -> None:
    wait_for(lambda: "run" not in alive.processes(), 60, "the end of the run's process")
    before = alive.processes()
    record = alive.installation.state / "supervisor" / "supervisor.json"
    pid = json.loads(record.read_text())["pid"]
    psutil.Process(pid).kill()
    assert alive.lab_answers(), "nobody needs the supervisor to get to a session"
    assert alive.answers(), "nor to an endpoint"
    alive.installation.command("up", "--detach")
    alive.installation.wait_healthy()
    wait_for(alive.lab_answers, 30, "the session")
    wait_for(alive.answers, 60, "the endpoint")
    assert alive.processes() == before
