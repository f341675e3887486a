"""A session's pod beside KubeSpawner's own words, and what a cluster's refusals become."""

import json
from pathlib import Path

import pytest
from notebench.contract.errors import NotebenchError
from notebench_spawner.pods import refusals
from notebench_spawner.pods.pod import pod_spec
from notebench_spawner.pods.secret import secret_spec
from notebench_spawner.pods.settings import Pods
from notebench_spawner.sessions import cluster_refusals
from notebench_spawner.sessions.jupyter import as_server
from notebench_spawner.sessions.session_pod import RUNTIME, apart, session_manifest
from notebench_spawner.workload import Kind

from tests.unit.kubernetes.workloads import workload

LABELS = {
    "hub.jupyter.org/username": "ada",
    "component": "singleuser-server",
    "app.kubernetes.io/component": "singleuser-server",
    "app.kubernetes.io/name": "jupyterhub",
    "notebench/user": "somebody-else",
    "notebench/kind": "run",
}
HUB = {
    "JUPYTERHUB_API_TOKEN": "hub-secret",
    "JUPYTERHUB_USER": "ada",
    "NOTHING": None,
    "PASSWORD": {"valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
    "HOME": {"valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
}


def test_the_pod_is_the_workloads_and_kubespawner_finds_it() -> None:
    values, references = apart(HUB)
    one = as_server(workload(Kind.session), ["--debug"], values, runtime=RUNTIME)
    plain = pod_spec(one, Pods())
    made = session_manifest(
        one, Pods(), name="session--ada", labels=LABELS, annotations={"a": "b"}, env=references
    )
    assert made["metadata"] == {
        "name": "session--ada",
        "labels": {
            **plain["metadata"]["labels"],
            "hub.jupyter.org/username": "ada",
            "component": "singleuser-server",
            "app.kubernetes.io/component": "singleuser-server",
            "app.kubernetes.io/name": "jupyterhub",
        },
        "annotations": {**plain["metadata"]["annotations"], "a": "b"},
    }
    assert made["metadata"]["labels"]["notebench/kind"] == "session"
    [container], [was] = made["spec"]["containers"], plain["spec"]["containers"]
    assert container["env"][len(was["env"]) :] == [{"name": "PASSWORD", **HUB["PASSWORD"]}]  # type: ignore[dict-item]
    assert container["ports"] == [{"name": "notebook-port", "containerPort": 8888}]
    assert container["name"] == "notebook"
    assert container["command"][-1] == "--debug"
    assert {k: v for k, v in made["spec"].items() if k != "containers"} == {
        k: v for k, v in plain["spec"].items() if k != "containers"
    }


def test_the_hubs_tokens_are_in_the_secret_only() -> None:
    values, references = apart(HUB)
    one = as_server(workload(Kind.session), [], values, runtime=RUNTIME)
    made = session_manifest(one, Pods(), name="x", labels={}, annotations={}, env=references)
    assert "hub-secret" not in json.dumps(made)
    secret = secret_spec(one)
    assert secret is not None
    assert secret["stringData"] == {
        "JUPYTERHUB_API_TOKEN": "hub-secret",
        "JUPYTERHUB_USER": "ada",
        "NOTEBENCH_TOKEN": "nbt_secret",
    }
    shown = {one["name"]: one["value"] for one in made["spec"]["containers"][0]["env"] if "value" in one}
    assert shown["JUPYTER_RUNTIME_DIR"] == "/tmp/jupyter"
    assert shown["JUPYTERHUB_ROOT_DIR"] == shown["HOME"] == "/home/ada"


def test_a_server_is_the_same_on_a_machine() -> None:
    here = as_server(workload(Kind.session), [], {}, runtime=Path("/run/x"), root=True)
    assert "--allow-root" in here.command
    assert here.env["JUPYTER_RUNTIME_DIR"] == "/run/x"


QUOTA = (
    'pods "session--ada" is forbidden: exceeded quota: team, requested: cpu=1, used: cpu=4, limited: cpu=4'
)


def status(message: str) -> str:
    return json.dumps({"kind": "Status", "status": "Failure", "message": message, "code": 403})


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (
            refusals.refused(403, status(QUOTA)),
            "cluster-quota",
            f"The cluster has no more room for you: {QUOTA}. Stop a server or a run of yours",
        ),
        (
            refusals.refused(403, status("pods is forbidden: User x cannot create resource")),
            "cluster-refused",
            "The cluster refused to start it: pods is forbidden: User x cannot create resource (403). Tell",
        ),
        (
            refusals.refused(502, "<html>\nbad gateway</html>", "Bad Gateway"),
            "cluster-refused",
            "The cluster refused to start it: Bad Gateway (502). Tell an admin",
        ),
        (refusals.refused(500, ""), "cluster-refused", "The cluster refused to start it: 500 (500)."),
        (
            refusals.unreachable(ConnectionRefusedError()),
            "cluster-away",
            "The cluster does not answer, so nothing new can start (ConnectionRefusedError).",
        ),
        (
            cluster_refusals.slow(115.0, {"phase": "Pending"}, "Multi-Attach error for volume\n pvc-1."),
            "session-slow",
            "within 115 seconds. The cluster said last: Multi-Attach error for volume pvc-1. Choose",
        ),
        (
            cluster_refusals.slow(115.0, {"phase": "Pending"}),
            "session-slow",
            "The cluster said last: The cluster has not looked at it yet. Choose a smaller profile",
        ),
        (
            cluster_refusals.other_home("claim-a", "claim-b"),
            "home-elsewhere",
            "Your home is in the volume 'claim-a'",
        ),
    ],
)
def test_what_people_read(error: NotebenchError, code: str, said: str) -> None:
    assert error.kind == code
    assert said in error.text()
    assert error.problem().next_step
