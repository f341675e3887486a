"""Whole manifests: what is written in `expected/` is what a cluster gets, word by word."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from notebench_spawner.pods.model_server import (
    Replicas,
    autoscaler_spec,
    deployment_spec,
    disruption_spec,
    service_spec,
)
from notebench_spawner.pods.pod import pod_spec
from notebench_spawner.pods.run import job_spec
from notebench_spawner.pods.secret import owned, secret_spec
from notebench_spawner.pods.settings import Pods
from notebench_spawner.workload import Kind
from ruamel.yaml import YAML

from tests.unit.kubernetes.workloads import EVERYTHING, GPU, LAYER, SHARES, workload

EXPECTED = Path(__file__).parent / "expected"
PLAIN = Pods()


def session() -> list[Any]:
    one = workload(Kind.session, layer=LAYER)
    return [pod_spec(one, PLAIN), secret_spec(one)]


def session_with_everything() -> list[Any]:
    return [pod_spec(workload(Kind.session, layer=LAYER, hardware=GPU, shares=SHARES), EVERYTHING)]


def run() -> list[Any]:
    one = workload(Kind.run, layer=LAYER, timeout_seconds=3660, cwd=Path("/home/ada/wine"))
    return [job_spec(one, PLAIN), secret_spec(one)]


def model_server() -> list[Any]:
    one = workload(Kind.model_server, only_port=8081)
    fixed = Replicas()
    return [
        deployment_spec(one, PLAIN, fixed),
        service_spec(one, PLAIN),
        disruption_spec(one, PLAIN),
        autoscaler_spec(one, PLAIN, fixed),
        secret_spec(one),
    ]


def model_server_with_a_layer_and_a_range() -> list[Any]:
    one, several = workload(Kind.model_server, layer=LAYER), Replicas(least=2, most=6)
    return [deployment_spec(one, PLAIN, several), autoscaler_spec(one, PLAIN, several)]


CASES: dict[str, Callable[[], list[Any]]] = {
    "session": session,
    "session-with-everything": session_with_everything,
    "run": run,
    "model-server": model_server,
    "model-server-range": model_server_with_a_layer_and_a_range,
}


def made(case: str) -> list[Any]:
    """The manifests of a case, as a cluster reads them."""
    return list(json.loads(json.dumps(CASES[case]())))


@pytest.mark.parametrize("case", CASES)
def test_the_whole_manifest(case: str) -> None:
    expected = list(YAML(typ="safe").load_all(EXPECTED / f"{case}.yaml"))
    assert made(case) == expected


def test_what_owns_a_secret() -> None:
    assert owned("session--ada", "u-1", api_version="v1", kind="Pod") == {
        "metadata": {
            "ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "session--ada", "uid": "u-1"}]
        }
    }


def test_nothing_secret_no_secret() -> None:
    one = workload(secret_env={})
    assert secret_spec(one) is None
    assert "envFrom" not in pod_spec(one, PLAIN)["spec"]["containers"][0]
