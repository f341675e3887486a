"""What an API server checks beyond a schema, for any workload and any settings."""

import re
from typing import Any

from hypothesis import given, settings
from notebench_spawner.pods.model_server import (
    Replicas,
    autoscaler_spec,
    deployment_spec,
    disruption_spec,
    service_spec,
)
from notebench_spawner.pods.pod import pod_spec
from notebench_spawner.pods.run import job_spec
from notebench_spawner.pods.secret import secret_spec
from notebench_spawner.pods.settings import Pods
from notebench_spawner.workload import Workload

from tests.unit.kubernetes.anything import pod_settings, workloads

WORD = r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
KEY = re.compile(rf"([a-z0-9]([a-z0-9.-]{{0,251}}[a-z0-9])?/)?{WORD}")
VALUE = re.compile(rf"({WORD})?")
NAME = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
SUBDOMAIN = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


def once(things: list[Any]) -> bool:
    return len(things) == len(set(things))


def metadata_is_fine(metadata: dict[str, Any]) -> None:
    for key, value in metadata.get("labels", {}).items():
        assert KEY.fullmatch(key), key
        assert VALUE.fullmatch(value), (key, value)
    for key, text in metadata.get("annotations", {}).items():
        assert KEY.fullmatch(key), key
        assert isinstance(text, str)


def pod_is_fine(spec: dict[str, Any]) -> None:
    [container] = spec["containers"]
    volumes = [volume["name"] for volume in spec["volumes"]]
    assert once(volumes)
    assert all(NAME.fullmatch(name) for name in volumes)
    assert {mount["name"] for mount in container["volumeMounts"]} == set(volumes)
    assert once([mount["mountPath"] for mount in container["volumeMounts"]])
    assert not [one for one in container["volumeMounts"] if one.get("subPath", "").startswith(("/", ".."))]
    claims = [one["persistentVolumeClaim"]["claimName"] for one in spec["volumes"] if "emptyDir" not in one]
    assert all(SUBDOMAIN.fullmatch(name) for name in claims)
    assert once([one["name"] for one in container["env"]])
    assert once([port["name"] for port in container.get("ports", [])])
    assert all(len(port["name"]) <= 15 for port in container.get("ports", []))


def selected(selector: dict[str, str], labels: dict[str, str]) -> bool:
    return bool(selector) and selector.items() <= labels.items()


@settings(max_examples=60, deadline=None)
@given(workloads(), pod_settings())
def test_every_object_is_taken(one: Workload, given_settings: Pods) -> None:
    several = Replicas(least=1, most=3)
    deployment = deployment_spec(one, given_settings, several)
    made = [
        pod_spec(one, given_settings),
        job_spec(one, given_settings),
        deployment,
        service_spec(one, given_settings),
        disruption_spec(one, given_settings),
        autoscaler_spec(one, given_settings, several),
        secret_spec(one),
    ]
    for thing in made:
        if thing is not None:
            assert NAME.fullmatch(thing["metadata"]["name"])
            metadata_is_fine(thing["metadata"])
            inside = thing.get("spec", {}).get("template", thing if thing["kind"] == "Pod" else None)
            if inside:
                metadata_is_fine(inside["metadata"])
                pod_is_fine(inside["spec"])


@settings(max_examples=40, deadline=None)
@given(workloads(), pod_settings())
def test_what_selects_finds_the_pods_and_no_others(one: Workload, given_settings: Pods) -> None:
    deployment = deployment_spec(one, given_settings, Replicas())
    other = one.model_copy(update={"id": f"{one.id}-2"})
    mine = deployment["spec"]["template"]["metadata"]["labels"]
    others = pod_spec(other, given_settings)["metadata"]["labels"]
    for selector in (
        deployment["spec"]["selector"]["matchLabels"],
        service_spec(one, given_settings)["spec"]["selector"],
        disruption_spec(one, given_settings)["spec"]["selector"]["matchLabels"],
    ):
        assert selected(selector, mine)
        assert not selected(selector, others)
