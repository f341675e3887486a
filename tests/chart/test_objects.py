"""What comes out, for each option and any values: taken by several versions of Kubernetes, and Restricted."""

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from notebench_hub.settings import read as read_settings

from tests.chart.anything import values
from tests.chart.rendering import CHART, find, objects, pods, problems

DIGEST = "sha256:" + "ab12" * 16
TAINT = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
PART: dict[str, Any] = {
    "resources": {"requests": {"cpu": 2, "memory": "1Gi"}, "limits": {"cpu": "3", "memory": "4Gi"}},
    "nodeSelector": {"pool": "core"},
    "tolerations": [TAINT],
    "priorityClass": "system",
    "labels": {"team": "data"},
    "annotations": {"note": "true"},
    "env": {"HTTPS_PROXY": "http://proxy:3128", "HOME": "/elsewhere"},
    "volume": {"size": "5Gi", "storageClass": "fast"},
}
OPTIONS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "image by digest": {
        "image": {"name": "mirror:5000/notebench/service", "digest": DIGEST, "pullPolicy": "Always"}
    },
    "pull secrets": {"pullSecrets": ["mirror"]},
    "any account": {"account": {"user": None, "group": None, "filesGroup": None}},
    "large numbers": {
        "account": {"user": 1000650000, "group": 1000000, "filesGroup": 1000650000},
        "priorityClasses": {"create": True, "session": 1000000, "modelServer": -1000000},
    },
    "more namespaces": {"workloadNamespaces": ["of-ada", "p-kelp"]},
    "own catalogue": {"catalogue": {"configMap": "catalogue"}},
    "own secret": {"secrets": {"create": False}},
    "service": {"service": PART},
    "mlflow": {"mlflow": PART},
    "own volumes": {"mlflow": {"volume": {"existingClaim": "old"}}},
    "databases": {
        "databases": {"secret": "words", "serviceKey": "a", "mlflowKey": "b"},
        "settings": {"databases": {"service": {"url": "postgresql://a@b:5432/c"}}},
    },
    "postgresql": {
        "postgresql": {
            "enabled": True,
            "image": {"name": "mirror/postgres", "digest": DIGEST, "pullPolicy": "Always"},
            "nodeSelector": {"pool": "core"},
            "tolerations": [TAINT],
            "priorityClass": "system",
            "volume": {"size": "5Gi", "storageClass": "fast"},
        }
    },
    "object store": {
        "objectStore": {"secret": "words"},
        "settings": {"artifacts": {"url": "s3://bench", "endpoint": "http://store:9000", "key_id": "a"}},
    },
    "data goes": {"keepData": False},
    "own roles": {"rbac": {"create": False}},
    "annotated account": {
        "serviceAccountAnnotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/a"}
    },
    "no policies": {"networkPolicy": {"enabled": False}},
    "no internet": {"networkPolicy": {"internet": False, "dnsAddresses": ["169.254.20.10/32"]}},
    "a mirror": {"networkPolicy": {"alsoReach": [{"to": [{"ipBlock": {"cidr": "10.1.2.3/32"}}]}]}},
    "pre-puller": {
        "prePuller": {
            "pools": [
                {"name": "all", "images": [f"notebench/scientific@{DIGEST}"]},
                {
                    "name": "gpu",
                    "nodeSelector": {"gpu": "yes"},
                    "tolerations": [TAINT],
                    "images": [f"a@{DIGEST}"],
                },
                {"name": "empty"},
            ]
        }
    },
    "priority classes": {"priorityClasses": {"create": True}},
    "monitoring": {
        "monitoring": {one: {"enabled": True} for one in ("serviceMonitor", "rules", "dashboards")}
    },
    "route": {"route": {"enabled": True, "host": "bench.example.org"}},
    "workloads elsewhere": {"settings": {"kubernetes": {"namespace": "workloads"}}},
    "open model servers": {"settings": {"model_servers": {"network": "open"}}},
    "more accounts": {"settings": {"account_ids": {"first": 700_000, "count": 50_000}}},
}


@pytest.mark.parametrize("option", OPTIONS)
def test_every_option_makes_what_a_cluster_takes(option: str) -> None:
    assert problems(objects(OPTIONS[option])) == []


def test_every_key_is_an_option_above() -> None:
    described = json.loads((CHART / "values.schema.json").read_text())["properties"]
    assert set(described) - {key for one in OPTIONS.values() for key in one} == {"global", "jupyterhub"}


@settings(
    max_examples=220,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    phases=[Phase.generate],
    derandomize=True,  # the same each time; for others, leave this out
)
@given(values(json.loads((CHART / "values.schema.json").read_text())))
def test_any_valid_values_make_what_a_cluster_takes(given_values: dict[str, Any]) -> None:
    assert problems(objects(given_values), ("1.34",)) == []


def test_large_numbers_are_written_as_they_are() -> None:
    made = objects(OPTIONS["large numbers"])
    assert find(made, "PriorityClass", "notebench-session")["value"] == 1000000
    for pod in pods(made):
        assert pod["spec"]["securityContext"]["runAsUser"] == 1000650000
        assert pod["spec"]["securityContext"]["fsGroup"] == 1000650000


def said(values: dict[str, Any]) -> str:
    text = find(objects(values), "ConfigMap", "notebench")["data"]["settings.yaml"]
    assert isinstance(text, str)
    return text


@pytest.mark.parametrize("option", OPTIONS)
def test_the_parts_read_the_settings(option: str, tmp_path: Any) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(said(OPTIONS[option]))
    found = read_settings(file)
    assert found.mode == "kubernetes"
    expected = OPTIONS[option].get("settings", {}).get("kubernetes", {}).get("namespace", "people")
    assert found.kubernetes.namespace == expected
    assert found.kubernetes.addresses.service == "http://notebench.people:8080"


def test_what_a_person_sets_counts(tmp_path: Any) -> None:
    file = tmp_path / "settings.yaml"
    addresses = {"public": "https://bench.example.org", "hub": "http://elsewhere:8081"}
    classes = {"session": "gold"}
    kubernetes = {"addresses": addresses, "pods": {"priority_classes": classes}}
    file.write_text(said({"settings": {"kubernetes": kubernetes}, "priorityClasses": {"create": True}}))
    found = read_settings(file).kubernetes
    assert found.addresses.public == "https://bench.example.org"
    assert found.addresses.hub == "http://elsewhere:8081"
    assert {kind.value: name for kind, name in found.pods.priority_classes.items()} == {
        "session": "gold",
        "run": "notebench-run",
        "model-server": "notebench-model-server",
    }


def test_pods_start_anew_when_settings_change_and_only_then() -> None:
    def checksums(values: dict[str, Any]) -> list[str]:
        return [pod["metadata"]["annotations"]["checksum/settings"] for pod in pods(objects(values))]

    assert checksums({}) == checksums({"mlflow": {"labels": {"a": "b"}}})
    assert set(checksums({})).isdisjoint(checksums({"settings": {"runs": {"concurrency": 9}}}))


def test_only_the_service_has_a_token() -> None:
    made = objects(OPTIONS["pre-puller"])
    accounts = {one["metadata"]["name"]: one for one in made if one["kind"] == "ServiceAccount"}
    assert all(one["automountServiceAccountToken"] is False for one in accounts.values())
    with_token = [
        pod["spec"]["serviceAccountName"] for pod in pods(made) if pod["spec"]["automountServiceAccountToken"]
    ]
    assert with_token == ["notebench"]


def test_each_part_has_the_keys_that_it_asks_for_and_no_others() -> None:
    made = objects()
    kept = set(find(made, "Secret", "notebench")["data"])
    for part in ("notebench", "notebench-mlflow"):
        volumes = find(made, "Deployment", part)["spec"]["template"]["spec"]["volumes"]
        [secret] = [one["secret"]["items"] for one in volumes if "secret" in one]
        assert {one["key"] for one in secret} < kept
        assert not any(one["key"] == "admin-password" for one in secret)


def test_images_with_cuda_go_to_nodes_with_gpus_only() -> None:
    made = objects(OPTIONS["pre-puller"])
    pulled = {
        one["metadata"]["name"]: (
            one["spec"]["template"]["spec"].get("nodeSelector"),
            [first["image"] for first in one["spec"]["template"]["spec"]["initContainers"]],
        )
        for one in made
        if one["kind"] == "DaemonSet"
    }
    assert pulled == {
        "notebench-puller-all": (None, [f"notebench/scientific@{DIGEST}"]),
        "notebench-puller-gpu": ({"gpu": "yes"}, [f"a@{DIGEST}"]),
    }


@pytest.mark.parametrize("keeps", [True, False])
def test_uninstalling_keeps_data_unless_asked_otherwise(keeps: bool) -> None:
    made = objects({"keepData": keeps})
    holders = [one for one in made if one["kind"] in ("PersistentVolumeClaim", "Secret")]
    assert len(holders) == 3
    for one in holders:
        annotations = one["metadata"].get("annotations") or {}
        assert (annotations.get("helm.sh/resource-policy") == "keep") is keeps


def test_no_secret_is_in_anything_but_the_secret() -> None:
    made = objects(OPTIONS["monitoring"])
    words = find(made, "Secret", "notebench")["data"].values()
    rest = json.dumps([one for one in made if one["kind"] != "Secret"])
    assert len(set(words)) == 11
    assert not [word for word in words if word in rest]
    assert not re.search(r"[0-9a-f]{64}", re.sub(r'"checksum/settings": "[0-9a-f]{64}"', "", rest))
