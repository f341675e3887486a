"""A city for tests of what must be refused: every part is the real one, with things that belong to somebody.

The project `alloys` has an editor (ana), an owner (ben) and a viewer (cleo); dan is outside, and so is the
admin. Ana made what is in it: a schedule, a run, an experiment with a run, a model, and a deployment that
answers. She has a session, too.
"""

import asyncio
import json
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import notebench
from notebench_hub.service.asker import AskerKind
from notebench_hub.service.doors.tokens import Tokens
from notebench_hub.service.mlflow_client.names import CLIENT_ENVIRONMENT, DEFAULT_EXPERIMENT
from notebench_hub.service.names import workspace_name
from notebench_hub.service.store import Store
from ruamel.yaml import YAML

from tests import leaks
from tests.hub.workbench import Person, wait_for
from tests.service.town import Town

PROJECT = "alloys"
NOTEBOOK = "secret-plan.ipynb"
SECRET = "belongs-to-alloys-only"
LAB_CONFIG = Path(__file__).parents[2] / "extension" / "jupyter-config"

TRAIN = """
import sys, mlflow, numpy
class Doubling(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return numpy.asarray(model_input) * 2
mlflow.set_experiment("molten")
with mlflow.start_run(run_name="first") as run:
    mlflow.set_tag("secret", sys.argv[1])
    mlflow.log_metric("loss", 0.5)
    mlflow.log_text(sys.argv[1], "secret.txt")
    example = numpy.array([[1.0, 2.0]])
    mlflow.pyfunc.log_model(name="model", python_model=Doubling(), input_example=example, pip_requirements=[])
mlflow.register_model(f"runs:/{run.info.run_id}/model", "wine")
print(run.info.run_id, run.info.experiment_id)
"""


@dataclass(frozen=True)
class Things:
    """What ana made in the project, by id."""

    schedule: str
    run: str
    experiment: str
    mlflow_run: str
    model: str
    deployment: str
    endpoint: str
    """Its id, part of the endpoint's address."""


class City(Town):
    """Everything; ended by `close`."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._furnish()
        self.askers: Any = None
        """Set by the fixture: `walk.Askers`."""
        self._people: dict[str, Person] = {}
        self._mlflow: dict[str, httpx.Client] = {}
        self._one_run_at_a_time()

    def open(self) -> None:
        self.start("mlflow")
        super().open()
        self.set_project(PROJECT, {"ana": "editor", "ben": "owner", "cleo": "viewer"})
        wait_for(self._mlflow_answers, 240, lambda: (self.place.logs / "mlflow.log").read_text()[-3000:])
        for name in self.passwords:
            self._notebook(name)
        self.store = Store(self.place.service / "notebench.db")
        self.expired = self.hub_token("ben", seconds=1)
        self.things = self._make_things()

    def _end(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
        super()._end()

    # What there is

    def _make_things(self) -> Things:
        # MLflow's client gives its first question 3 s; the first one of a workspace may take longer.
        mlflow = self.raw("ana", PROJECT)
        info = "services/notebench/mlflow/api/3.0/mlflow/server-info"
        wait_for(lambda: mlflow.get(info).is_success, 120)
        run, experiment = self.train("ana", PROJECT)
        ana = self.program("ana", PROJECT)
        wish = {"model": "wine", "image": "minimal", "profile": "small"}
        deployment = ana.put("deployments/wine", json=wish).raise_for_status().json()
        # It sleeps, so that what is asked for after it waits: runs cost nothing here.
        self.program("ana").post("runs", json=self.wish_run()).raise_for_status()
        things = Things(
            schedule=self.new_schedule(),
            run=self.new_run(),
            experiment=experiment,
            mlflow_run=run,
            model="wine",
            deployment="wine",
            endpoint=deployment["id"],
        )
        wait_for(self._wine_answers, 240, lambda: str(ana.get("deployments/wine").json()))
        self.session("ana")
        self.session_id = self.program("ana").get("sessions").json()[0]["id"]
        return things

    def new_schedule(self) -> str:
        """One more schedule of the project."""
        wish = {"name": "nightly", "notebook": NOTEBOOK, "cron": "0 3 1 1 *", "image": "minimal"}
        made = self.program("ana", PROJECT).post("schedules", json=wish)
        assert made.is_success, made.text
        return str(made.json()["id"])

    def new_run(self) -> str:
        """One more run of the project; it waits."""
        made = self.program("ana", PROJECT).post("runs", json=self.wish_run())
        assert made.is_success, made.text
        return str(made.json()["id"])

    def spare(self) -> str:
        """The name of a deployment that is there to be removed."""
        ana = self.program("ana", PROJECT)
        if not ana.get("deployments/spare").is_success:
            wish = {"model": "wine", "version": "1", "image": "minimal", "profile": "small"}
            ana.put("deployments/spare", json=wish).raise_for_status()
            ana.put("deployments/spare/desired", json={"desired": "stopped"}).raise_for_status()
        return "spare"

    def mlflow(self, who: str) -> httpx.Client:
        """The gateway's doors for one of the matrix's askers, as `tests.gateway` asks them."""
        if who not in self._mlflow:
            token, acting_for = self.askers.tokens[who]
            self._mlflow[who] = self.program(token, acting_for)
            self._mlflow[who].base_url = httpx.URL(self.url + "services/notebench")
        return self._mlflow[who]

    def wish_run(self) -> dict[str, Any]:
        return {"notebook": NOTEBOOK, "image": "minimal", "profile": "small"}

    def train(self, who: str, acting_for: str) -> tuple[str, str]:
        """Log and register a model as a notebook does; the MLflow run and its experiment."""
        environ = {
            **CLIENT_ENVIRONMENT,
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.place.homes / who),
            "MLFLOW_TRACKING_URI": self.instance.service_url + "/services/notebench/mlflow",
            "MLFLOW_TRACKING_TOKEN": self.tokens[who],
            "MLFLOW_WORKSPACE": workspace_name(who, acting_for),
            "MLFLOW_EXPERIMENT_NAME": DEFAULT_EXPERIMENT,
        }
        done = subprocess.run(
            [sys.executable, "-c", TRAIN, SECRET],
            env=environ,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        run, experiment = done.stdout.split()[-2:]
        return run, experiment

    def issue(self, kind: AskerKind, thing: str, user: str, acting_for: str) -> str:
        """A token of Notebench's own, as a run or a model server carries one."""
        return asyncio.run(Tokens(self.store).issue(kind, thing, user, acting_for))

    def end(self, kind: AskerKind, thing: str) -> None:
        asyncio.run(Tokens(self.store).end(kind, thing))

    def hub_token(self, name: str, *, seconds: int | None = None, revoked: bool = False) -> str:
        """A hub token of somebody, made over the hub's own API."""
        wish = {"note": "security", **({"expires_in": seconds} if seconds else {})}
        made = self.hub_api("POST", f"users/{name}/tokens", json=wish).raise_for_status().json()
        if revoked:
            self.hub_api("DELETE", f"users/{name}/tokens/{made['id']}").raise_for_status()
        leaks.note(f"token of {name}", made["token"])
        return str(made["token"])

    def session(self, name: str) -> str:
        """Somebody's running session; the path of its server."""
        person = self.people(name)
        if not (person.server() or {}).get("ready"):
            asked = person.api("POST", f"users/{name}/server", json={"image": "minimal", "profile": "small"})
            assert asked.status_code in (201, 202), asked.text
            person.wait_ready()
        return f"user/{name}/"

    def people(self, name: str) -> Person:
        """Somebody in a browser, logged in once; again after a test that signed them out."""
        if name not in self._people or not self._people[name].api("GET", "user").is_success:
            self._people[name] = self.browser(name)
        return self._people[name]

    def raw(self, who: str = "", acting_for: str = "", **headers: str) -> httpx.Client:
        """Like `program`, but from the root of the site."""
        client = self.program(who, acting_for, **headers)
        client.base_url = httpx.URL(self.url)
        return client

    # How it is made

    def _furnish(self) -> None:
        """The stand-in environments hold Notebench and its server extension, as the images' own do."""
        packages = Path(sysconfig.get_path("purelib"))
        for environment in self.environments.iterdir():
            etc = environment / "etc"
            etc.unlink(missing_ok=True)
            shutil.copytree(Path(sys.prefix) / "etc", etc)
            shutil.copytree(LAB_CONFIG, etc / "jupyter" / "jupyter_server_config.d", dirs_exist_ok=True)
            (environment / "lib").unlink()
            inside = environment / packages.relative_to(sys.prefix)
            inside.mkdir(parents=True)
            for entry in packages.iterdir():
                (inside / entry.name).symlink_to(entry)
            # Layers see what lies in this directory, and not where its .pth files point.
            (inside / "notebench").symlink_to(Path(notebench.__file__).parent)

    def _one_run_at_a_time(self) -> None:
        tree = YAML().load(self.place.settings_file.read_text())
        tree["runs"]["concurrency"] = 1
        with self.place.settings_file.open("w") as opened:
            YAML().dump(tree, opened)

    def _notebook(self, name: str) -> None:
        home = self.place.homes / name
        home.mkdir(mode=0o700, exist_ok=True)
        cell = {"cell_type": "code", "source": "import time; time.sleep(3600)", "outputs": [], "metadata": {}}
        cell |= {"execution_count": None, "id": "a"}
        (home / NOTEBOOK).write_text(
            json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
        )

    def _mlflow_answers(self) -> bool:
        transport = httpx.HTTPTransport(uds=str(self.place.mlflow_socket))
        try:
            with httpx.Client(transport=transport, base_url="http://mlflow", timeout=5) as client:
                return client.get("/health").is_success
        except httpx.HTTPError:
            return False

    def _wine_answers(self) -> bool:
        found = self.program("ana", PROJECT).get("deployments/wine").json()
        assert found["observed"] != "failing", found
        return bool(found["observed"] == "ready")
