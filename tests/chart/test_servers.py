"""A PostgreSQL server and an object store: which part gets which password, and who reaches them."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest
from helm_python.errors import HelmError
from notebench_hub.database_settings import PARTS
from notebench_hub.databases import Server, server_of
from notebench_hub.object_store import object_store
from notebench_hub.place import Place
from notebench_hub.settings import read as read_settings

from tests.chart.rendering import defaults, find, objects, pods, problems
from tests.chart.test_network import reached
from tests.postgres.server import PASSWORD, query, running

URL = "postgresql://notebench@db.example.org:6432/{}?sslmode=require"
SERVERS = {part: {"url": URL.format(part)} for part in ("hub", "service", "mlflow")}
VALUES: dict[str, Any] = {"settings": {"databases": SERVERS}}
VARIABLE = "NOTEBENCH_DATABASE_PASSWORD"


def variables(made: list[dict[str, Any]], deployment: str) -> list[dict[str, Any]]:
    """Of every container of a part, what it has of that name."""
    spec = find(made, "Deployment", deployment)["spec"]["template"]["spec"]
    containers = [*spec["initContainers"], *spec["containers"]]
    return [one for container in containers for one in container["env"] if one["name"] == VARIABLE]


def test_each_part_gets_its_own_password_and_no_other(tmp_path: Path) -> None:
    made = objects(VALUES)
    assert problems(made) == []
    for deployment, key in (("notebench", "service"), ("notebench-mlflow", "mlflow")):
        wanted = {"name": "notebench-databases", "key": key}
        assert [one["valueFrom"] for one in variables(made, deployment)] == [{"secretKeyRef": wanted}] * 2
    hub = defaults()["jupyterhub"]["hub"]["extraEnv"][VARIABLE]["valueFrom"]["secretKeyRef"]
    assert hub == {"name": "notebench-databases", "key": "hub", "optional": True}
    file = tmp_path / "settings.yaml"
    file.write_text(find(made, "ConfigMap", "notebench")["data"]["settings.yaml"])
    settings = read_settings(file)
    for part in ("hub", "service", "mlflow"):
        server = server_of(settings, Place(tmp_path), part, {VARIABLE: "a-password"})  # type: ignore[arg-type]
        assert server
        assert (server.address, server.password) == (URL.format(part), "a-password")


def test_a_secret_of_another_name_and_one_without_password() -> None:
    own = {"databases": {"secret": "mine", "serviceKey": "password", "mlflowKey": "password"}, **VALUES}
    [first, _] = variables(objects(own), "notebench")
    assert first["valueFrom"] == {"secretKeyRef": {"name": "mine", "key": "password"}}
    without = objects({"databases": {"secret": ""}, **VALUES})
    assert variables(without, "notebench") == []
    assert "password_variable" not in find(without, "ConfigMap", "notebench")["data"]["settings.yaml"]


def test_without_a_server_nothing_is_asked_for() -> None:
    assert variables(objects(), "notebench") == variables(objects(), "notebench-mlflow") == []
    assert "databases" not in find(objects(), "ConfigMap", "notebench")["data"]["settings.yaml"]


def test_mlflow_reaches_its_database_at_its_port_and_never_the_metadata() -> None:
    assert reached({}, "mlflow") == {"names"}
    found = reached(VALUES, "mlflow")
    assert {"internet", "node"} <= found
    assert not {"metadata", "metadata, IPv6"} & found
    for url, port in ((URL, 6432), ("postgresql://db/{}", 5432), ("postgresql://a@[::1]:7000/{}", 7000)):
        values = {"settings": {"databases": {"mlflow": {"url": url.format("mlflow")}}}}
        *_, rule = find(objects(values), "NetworkPolicy", "notebench-mlflow")["spec"]["egress"]
        assert rule["ports"] == [{"port": port, "protocol": "TCP"}]


@pytest.mark.parametrize("url", ["mysql://a@b/c", "postgresql://a:secret@b/c", "postgresql://a@b"])
def test_an_address_that_no_part_would_take_is_refused_at_once(url: str) -> None:
    with pytest.raises(HelmError):
        objects({"settings": {"databases": {"service": {"url": url}}}})


STORE = {
    "objectStore": {"secret": "bucket", "key": "password"},
    "settings": {
        "artifacts": {"url": "s3://bench/mlflow", "endpoint": "https://s3.example.org", "key_id": "me"}
    },
}


def test_mlflow_alone_gets_the_key_of_the_object_store(tmp_path: Path) -> None:
    made = objects(STORE)
    assert problems(made) == []
    name = "NOTEBENCH_OBJECT_STORE_KEY"
    with_it = [
        (pod["metadata"]["labels"]["app.kubernetes.io/component"], one["valueFrom"]["secretKeyRef"])
        for pod in pods(made)
        for one in pod["spec"]["containers"][0]["env"]
        if one["name"] == name
    ]
    assert with_it == [("mlflow", {"name": "bucket", "key": "password"})]
    file = tmp_path / "settings.yaml"
    file.write_text(find(made, "ConfigMap", "notebench")["data"]["settings.yaml"])
    found = object_store(read_settings(file), Place(tmp_path), {name: "a-key"})
    assert (found["AWS_ACCESS_KEY_ID"], found["AWS_SECRET_ACCESS_KEY"]) == ("me", "a-key")


@pytest.mark.parametrize(
    ("endpoint", "port"),
    [("", 443), ("http://minio", 80), ("https://[::1]:9000/a", 9000), ("http://minio:9000", 9000)],
)
def test_mlflow_reaches_its_object_store_at_its_port(endpoint: str, port: int) -> None:
    values = {"settings": {"artifacts": {"url": "s3://bench", "endpoint": endpoint}}}
    *_, rule = find(objects(values), "NetworkPolicy", "notebench-mlflow")["spec"]["egress"]
    assert rule["ports"] == [{"port": port, "protocol": "TCP"}]
    assert not {"metadata", "metadata, IPv6"} & reached(values, "mlflow")


OWN = {"postgresql": {"enabled": True}}


def test_with_a_server_of_its_own_every_part_knows_its_database(tmp_path: Path) -> None:
    made = objects(OWN)
    assert problems(made) == []
    file = tmp_path / "settings.yaml"
    file.write_text(find(made, "ConfigMap", "notebench")["data"]["settings.yaml"])
    settings, secret = read_settings(file), find(made, "Secret", "notebench-databases")["data"]
    for part in PARTS:
        server = server_of(settings, Place(tmp_path), part, {VARIABLE: "a-password"})
        assert server
        assert server.address == f"postgresql://{part}@notebench-postgresql.people:5432/{part}"
        assert part in secret
    for deployment, key in (("notebench", "service"), ("notebench-mlflow", "mlflow")):
        [found, _] = variables(made, deployment)
        assert found["valueFrom"]["secretKeyRef"] == {"name": "notebench-databases", "key": key}
    mounted = find(made, "StatefulSet", "notebench-postgresql")["spec"]["template"]["spec"]["volumes"]
    assert {"name": "passwords", "secret": {"secretName": "notebench-databases"}} in mounted


def test_a_part_may_have_its_database_elsewhere(tmp_path: Path) -> None:
    elsewhere = {"hub": {"url": URL.format("hub"), "password_variable": "OTHER"}}
    file = tmp_path / "settings.yaml"
    made = objects({**OWN, "settings": {"databases": elsewhere}})
    file.write_text(find(made, "ConfigMap", "notebench")["data"]["settings.yaml"])
    found = read_settings(file).databases
    assert (found.hub.url, found.hub.password_variable) == (URL.format("hub"), "OTHER")
    assert found.service.url == "postgresql://service@notebench-postgresql.people:5432/service"


def test_a_new_server_gets_accounts_that_reach_their_own_database_only(tmp_path: Path) -> None:
    """The very words that the first start of the pod runs, on a real server."""
    psql = shutil.which("psql")
    if psql is None:
        pytest.skip("psql is not installed here: `apt-get install postgresql-client` would let this run.")
    text = find(objects(OWN), "ConfigMap", "notebench-postgresql")["data"]["databases.sql"]
    for part in PARTS:
        (tmp_path / part).write_text(f"it's-of-{part}")
    script = tmp_path / "databases.sql"
    script.write_text(text.replace("/etc/notebench/databases", str(tmp_path)))
    with running() as server:
        run = [
            psql,
            "-h",
            "127.0.0.1",
            "-p",
            str(server.port),
            "-U",
            "notebench",
            "-d",
            "postgres",
            "-f",
            str(script),
        ]
        subprocess.run(run, env={**os.environ, "PGPASSWORD": PASSWORD}, check=True, capture_output=True)
        for part in PARTS:
            for name in PARTS:
                found = Server(f"postgresql://{part}@127.0.0.1:{server.port}/{name}", f"it's-of-{part}")
                if name == part:
                    query(found, "CREATE TABLE mine (one int)")
                    assert query(found, "SHOW server_encoding") == [("UTF8",)]
                else:
                    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                        query(found, "SELECT 1")
