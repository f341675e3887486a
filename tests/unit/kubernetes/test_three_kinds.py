"""Sessions, notebook runs and model servers are one thing in a cluster; all that differs is written here."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from notebench.contract.errors import Refused
from notebench_spawner.pods.model_server import Replicas, deployment_spec
from notebench_spawner.pods.pod import pod_spec
from notebench_spawner.pods.run import job_spec
from notebench_spawner.pods.secret import secret_spec
from notebench_spawner.pods.settings import Pods
from notebench_spawner.process import process_spec
from notebench_spawner.workload import Hardware, ImageVersion, Kind, Workload

from tests.unit.kubernetes.anything import pod_settings, workloads
from tests.unit.kubernetes.workloads import workload

PLAIN = Pods()
IMAGES = Path("/images")


def flat(thing: Any, path: str = "") -> dict[str, Any]:
    """Every value of a manifest under its path; lists of named things go by their names."""
    if isinstance(thing, dict):
        pairs = ((f"{path}.{key}" if path else str(key), value) for key, value in thing.items())
        return {name: value for key, part in pairs for name, value in flat(part, key).items()} or {path: {}}
    if isinstance(thing, list) and thing and all(isinstance(one, dict) and "name" in one for one in thing):
        return flat({one["name"]: {k: v for k, v in one.items() if k != "name"} for one in thing}, path)
    return {path: thing}


def alike(kind: Kind) -> Workload:
    """The same workload but for its kind."""
    return workload(kind, id="same-1", command=["python", "-m", "x"], port=8000, layer=None)


def differing(pods: list[dict[str, Any]]) -> set[str]:
    kept = [flat(pod) for pod in pods]
    return {path for path in set().union(*kept) if len({repr(one.get(path)) for one in kept}) > 1}


def test_sessions_and_runs_differ_only_in_this() -> None:
    pods = [pod_spec(alike(kind), PLAIN) for kind in (Kind.session, Kind.run)]
    for pod in pods:
        pod["spec"]["containers"][0]["name"] = "the-one"
    assert differing(pods) == {
        "metadata.labels.app.kubernetes.io/component",
        "metadata.labels.notebench/kind",
        "spec.terminationGracePeriodSeconds",
        "spec.containers.the-one.ports.notebook-port.containerPort",
    }


def test_model_servers_differ_in_this_too() -> None:
    pods = [pod_spec(alike(kind), PLAIN) for kind in (Kind.run, Kind.model_server)]
    for pod in pods:
        pod["spec"]["containers"][0]["name"] = "the-one"
    container = "spec.containers.the-one"
    probes = {
        path
        for path in differing(pods)
        if path.startswith(container) and ("Probe" in path or "preStop" in path)
    }
    assert probes
    assert differing(pods) - probes == {
        "metadata.annotations.cluster-autoscaler.kubernetes.io/safe-to-evict",
        "metadata.labels.app.kubernetes.io/component",
        "metadata.labels.notebench/home",
        "metadata.labels.notebench/kind",
        "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution",
        "spec.restartPolicy",
        "spec.topologySpreadConstraints",
        "spec.volumes.home.persistentVolumeClaim.claimName",
        "spec.volumes.own.emptyDir",
        f"{container}.ports.http.containerPort",
        f"{container}.volumeMounts.home.mountPath",
        f"{container}.volumeMounts.own.mountPath",
    }


def test_jobs_and_deployments_hold_the_very_pod() -> None:
    for kind in Kind:
        one = workload(kind)
        pod = pod_spec(one, PLAIN)
        del pod["metadata"]["name"]
        wanted = {"metadata": pod["metadata"], "spec": pod["spec"]}
        assert job_spec(one, PLAIN)["spec"]["template"] == wanted
        assert deployment_spec(one, PLAIN, Replicas())["spec"]["template"] == wanted


def expanded(text: str, known: dict[str, str]) -> str:
    """What a node makes of `$(NAME)` and `$$` in variables and commands."""
    made, rest = "", text
    while rest:
        if rest.startswith("$$"):
            made, rest = made + "$", rest[2:]
        elif rest.startswith("$(") and ")" in rest:
            name, _, after = rest[2:].partition(")")
            made, rest = made + known.get(name, f"$({name})"), after
        else:
            made, rest = made + rest[0], rest[1:]
    return made


@settings(max_examples=60, deadline=None)
@given(workloads())
def test_a_pod_has_the_command_and_the_variables_of_the_process(one: Workload) -> None:
    """The twins agree, with secrets and dollar signs, but for devices, which here the cluster hands out."""
    process = process_spec(one, IMAGES)
    [container] = pod_spec(one, Pods(environment=f"{IMAGES}/abc"))["spec"]["containers"]
    secret = secret_spec(one)
    found = dict(secret["stringData"]) if secret else {}
    for variable in container["env"]:
        found[variable["name"]] = expanded(variable["value"], found)
    devices = ("CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES")
    assert {k: v for k, v in found.items() if k not in devices} == {
        k: v for k, v in process.env.items() if k not in devices
    }
    assert [expanded(word, found) for word in container["command"]] == process.argv
    assert container["workingDir"] == str(process.cwd)


@settings(max_examples=40, deadline=None)
@given(workloads(), pod_settings())
def test_every_figure_is_said(one: Workload, given_settings: Pods) -> None:
    [container] = pod_spec(one, given_settings)["spec"]["containers"]
    for part in ("limits", "requests"):
        said = container["resources"][part]
        assert {"cpu", "memory"} <= said.keys()
        for name in {*given_settings.resources, *one.hardware.resources}:
            assert said[name] == str(one.hardware.resources.get(name, 0))
    has_gpu = any(count for name, count in one.hardware.resources.items() if name.startswith("nvidia.com/"))
    shown = {one["name"]: one["value"] for one in container["env"]}.get("NVIDIA_VISIBLE_DEVICES", "")
    assert (shown != "void") is has_gpu


@settings(max_examples=40, deadline=None)
@given(workloads(), pod_settings())
def test_secrets_are_in_no_pod(one: Workload, given_settings: Pods) -> None:
    marked = one.model_copy(update={"secret_env": dict.fromkeys(one.secret_env, "nbt-secret-word")})
    assert "nbt-secret-word" not in repr(pod_spec(marked, given_settings))


def test_nothing_of_one_start_is_in_the_next() -> None:
    """A start with a GPU leaves no trace in one without, also when it fails."""
    before = pod_spec(workload(), PLAIN)
    gpu = Hardware(profile="gpu", cpu=4, memory_mib=1024, resources={"nvidia.com/gpu": 1})
    assert pod_spec(workload(hardware=gpu), PLAIN) != before
    with pytest.raises(Refused):
        pod_spec(workload(hardware=gpu, image=image("registry.example/x:latest")), PLAIN)
    assert pod_spec(workload(), PLAIN) == before


def image(reference: str) -> ImageVersion:
    return ImageVersion(image="scientific", version="1", identity="abc", python="3.11", digest=reference)


@pytest.mark.parametrize(
    "reference",
    [
        "",
        "registry.example/x",
        "registry.example/x:1",
        "x@sha256:12",
        f"x@sha256:{'a' * 64} ",
        f"x@md5:{'a' * 64}",
    ],
)
def test_only_a_digest_is_an_image(reference: str) -> None:
    with pytest.raises(Refused, match="has no container image at a digest") as caught:
        pod_spec(workload(image=image(reference)), PLAIN)
    assert caught.value.problem().next_step


def test_a_layer_outside_the_home_is_not_mounted() -> None:
    with pytest.raises(Refused, match="is not in the home"):
        pod_spec(workload(Kind.model_server, layer="/home/ben/environments/x"), PLAIN)
    with pytest.raises(Refused, match="is not in the home"):
        pod_spec(workload(Kind.model_server, layer="/home/ada/../ben/x"), PLAIN)
