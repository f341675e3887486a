"""Hub, service and MLflow on one PostgreSQL server and an object store, started for real on one machine."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from notebench_hub.databases import Server
from notebench_hub.hub.accounts import new_token
from notebench_hub.service.mlflow_client.names import CLIENT_ENVIRONMENT, DEFAULT_EXPERIMENT
from notebench_hub.service.names import workspace_name

from tests.hub.workbench import Person, Workbench, answers, wait_for
from tests.postgres.object_store import KEY, KEY_ID, object_store
from tests.postgres.server import PASSWORD, Postgres, query, running

LOGS = """
import json, mlflow
from mlflow import MlflowClient
with mlflow.start_run(run_name="first") as run:
    mlflow.log_metric("loss", 0.5)
    mlflow.log_param("rate", 0.1)
    mlflow.log_text("hello", "notes.txt")
client = MlflowClient()
client.create_registered_model("wine")
client.create_model_version("wine", run.info.artifact_uri, run.info.run_id)
client.set_registered_model_alias("wine", "champion", "1")
print(json.dumps({
    "metrics": client.get_run(run.info.run_id).data.metrics,
    "text": mlflow.artifacts.load_text(f"{run.info.artifact_uri}/notes.txt"),
    "found": len(mlflow.search_runs(filter_string="metrics.loss < 1 and params.rate = '0.1'")),
    "champion": client.get_model_version_by_alias("wine", "champion").version,
}))
"""


class Whole(Workbench):
    """An installation whose settings name a server."""

    def __init__(self, root: Path, server: Postgres, store: str) -> None:
        super().__init__(root, stand_in=False)
        self.databases: dict[str, Server] = {part: server.database() for part in ("hub", "service", "mlflow")}
        for name, words in (("postgresql", PASSWORD), ("object-store", KEY)):
            secret = self.place.root / "secrets" / name
            secret.write_text(words + "\n")
            secret.chmod(0o600)
        self.place.settings_file.write_text(
            json.dumps(
                {
                    "accounts": "shared",
                    "sessions": {"warm": 0},
                    "runs": {"warm": 0},
                    "databases": {
                        part: {"url": one.address, "password_file": "secrets/postgresql"}
                        for part, one in self.databases.items()
                    },
                    "artifacts": {
                        "url": "s3://bench/mlflow",
                        "endpoint": store,
                        "key_id": KEY_ID,
                        "secret_file": "secrets/object-store",
                    },
                }
            )
        )

    def wait_well(self) -> None:
        wait_for(self.well, 150, self.log)

    def well(self) -> bool:
        try:
            report = httpx.get(self.instance.service_url + "/services/notebench/health", timeout=10).json()
        except httpx.HTTPError:
            return False
        return bool(report["healthy"]) and answers(self.url + "hub/api/")

    def program(self, token: str, code: str) -> dict[str, object]:
        """What a program of admin's says, that uses MLflow's own client."""
        free = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
        for _ in range(5):
            done = subprocess.run(
                [sys.executable, "-c", code],
                env=free
                | CLIENT_ENVIRONMENT
                | {
                    "MLFLOW_TRACKING_URI": self.url + "services/notebench/mlflow",
                    "MLFLOW_TRACKING_TOKEN": token,
                    "MLFLOW_WORKSPACE": workspace_name("admin", "personal"),
                    "MLFLOW_EXPERIMENT_NAME": DEFAULT_EXPERIMENT,
                },
                cwd=self.place.root,
                capture_output=True,
                text=True,
                check=False,
            )
            # MLflow's client asks first who the server is, and gives a busy machine 3 seconds for that.
            if "read timeout=3)" not in done.stderr:
                break
        assert done.returncode == 0, done.stderr[-3000:]
        said: dict[str, object] = json.loads(done.stdout.strip().splitlines()[-1])
        return said


@pytest.fixture(scope="module")
def own() -> Iterator[Postgres]:
    with running() as server:
        yield server


@pytest.fixture(scope="module")
def whole(own: Postgres) -> Iterator[Whole]:
    with tempfile.TemporaryDirectory(prefix="nbp") as folder, ExitStack() as stack:
        root = Path(folder)
        (root / "buckets" / "bench").mkdir(parents=True)
        made = Whole(root, own, stack.enter_context(object_store(root / "buckets")))
        try:
            made.start("mlflow")
            made.open()
            made.wait_well()
            yield made
        finally:
            made.close()


def test_people_sign_in_log_runs_and_schedule(whole: Whole) -> None:
    admin = Person(whole, "admin", whole.admin_password())
    assert admin.api("GET", "user").json()["name"] == "admin"
    token = new_token(whole.place, "admin", note="of a test")
    said = whole.program(token, LOGS)
    assert said == {"metrics": {"loss": 0.5}, "text": "hello", "found": 1, "champion": "1"}
    api = httpx.Client(
        base_url=whole.url + "services/notebench/api/v1/",
        headers={"Authorization": f"Bearer {token}"},
        timeout=60,
    )
    words = {"name": "nightly", "notebook": "a.ipynb", "cron": "0 3 * * *"}
    (whole.place.homes / "admin").mkdir(exist_ok=True)
    notebook = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (whole.place.homes / "admin" / "a.ipynb").write_text(json.dumps(notebook))
    made = api.post("schedules", json=words)
    assert made.is_success, made.text
    assert api.get("schedules").json()[0]["name"] == "nightly"
    actions = {one["action"] for one in api.get("audit").json()["entries"]}
    assert "schedule-add" in actions


def test_nothing_is_in_a_file(whole: Whole) -> None:
    """Of what must not be lost. Artifacts are in the bucket, each workspace in a folder of its own."""
    bucket = whole.place.root.parent / "buckets" / "bench"
    [notes] = list(bucket.rglob("notes.txt"))
    assert notes.read_text() == "hello"
    assert workspace_name("admin", "personal") in notes.relative_to(bucket / "mlflow").parts
    assert [file for file in (whole.place.mlflow / "artifacts").rglob("*") if file.is_file()] == []
    kept = [file for file in whole.place.root.rglob("*") if file.suffix in (".db", ".sqlite")]
    assert kept == []
    for part, table in (("hub", "users"), ("service", "schedules"), ("mlflow", "registered_models")):
        assert query(whole.databases[part], f"SELECT count(*) FROM {table}") != [(0,)], part


def test_the_server_goes_and_comes_back(whole: Whole, own: Postgres) -> None:
    """Each part says that it is away, answers when it is back, and needs no restart for it."""
    admin = Person(whole, "admin", whole.admin_password())
    token = new_token(whole.place, "admin", note="of a test")
    service = whole.url + "services/notebench/api/v1/"
    headers = {"Authorization": f"Bearer {token}"}
    own.kill()
    try:
        away = httpx.get(service + "schedules", headers=headers, timeout=60)
        assert (away.status_code, "Traceback" in away.text) == (503, False), away.text
        assert PASSWORD not in away.text
        asked = admin.api("GET", "users/admin")
        assert (asked.status_code, PASSWORD in asked.text) == (503, False), asked.text
    finally:
        own.start()
    wait_for(lambda: httpx.get(service + "schedules", headers=headers, timeout=60).is_success, 60, whole.log)
    wait_for(lambda: admin.api("GET", "users/admin").is_success, 60, whole.log)
    again = Person(whole, "admin", whole.admin_password())
    assert again.api("GET", "user").json()["name"] == "admin"
    assert whole.program(token, "import mlflow; print(len(mlflow.search_runs()))") == 1
    assert all(process.poll() is None for process in whole.running.values())


def test_every_part_starts_again_on_its_database(whole: Whole) -> None:
    for part in ("mlflow", "hub", "service"):
        whole.kill(part)
        whole.start(part)
    whole.wait_well()
    token = new_token(whole.place, "admin", note="of a test")
    assert whole.program(token, "import mlflow; print(len(mlflow.search_runs()))") == 1


def test_the_password_is_in_no_command_line_nor_file(whole: Whole) -> None:
    """The search at the end of an installation does the same; here it must find what is planted."""
    lines = b"".join(Path(f"/proc/{one.pid}/cmdline").read_bytes() for one in whole.running.values())
    assert PASSWORD.encode() not in lines
    assert b"notebench_hub" in lines
    assert KEY.encode() not in lines
    for secret, name in ((PASSWORD, "postgresql"), (KEY, "object-store")):
        files = [file for file in whole.place.root.rglob("*") if file.is_file()]
        found = [file for file in files if secret.encode() in file.read_bytes()]
        assert found == [whole.place.root / "secrets" / name]
