"""The values that are written down for one node, production, no internet and OpenShift."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from notebench_hub.settings import read as read_settings
from ruamel.yaml import YAML

from tests.chart.rendering import CHART, ROOT, find, objects, pods, problems, read

EXAMPLES = sorted((CHART / "examples").glob("*.yaml"))


def test_there_are_these() -> None:
    assert [file.stem for file in EXAMPLES] == ["air-gapped", "one-node", "openshift", "production"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda file: file.stem)
def test_it_makes_what_a_cluster_takes(example: Path, tmp_path: Path) -> None:
    made = objects(read(example))
    assert problems(made) == []
    file = tmp_path / "settings.yaml"
    file.write_text(find(made, "ConfigMap", "notebench")["data"]["settings.yaml"])
    assert read_settings(file).mode == "kubernetes"


def test_on_openshift_no_pod_names_an_account() -> None:
    def accounts(thing: Any) -> list[str]:
        if isinstance(thing, list):
            return [name for one in thing for name in accounts(one)]
        if not isinstance(thing, dict):
            return []
        named = [name for name in thing if name in ("runAsUser", "runAsGroup", "fsGroup")]
        return named + [name for one in thing.values() for name in accounts(one)]

    made = objects(read(CHART / "examples" / "openshift.yaml"))
    assert accounts(pods(made)) == []
    assert accounts(pods(objects())) != []


def test_without_internet_everything_comes_from_the_mirror(tmp_path: Path) -> None:
    example = CHART / "examples" / "air-gapped.yaml"
    tree = YAML(typ="safe").load(ROOT / "images" / "catalogue.yaml")
    for image in tree["images"]:
        for version in image["versions"]:
            version["kubernetes"]["image"] = "mirror.example.org/" + version["kubernetes"]["image"]
    with (tmp_path / "catalogue.yaml").open("w") as opened:
        YAML().dump(tree, opened)
    listed = listing("-f", example, "--catalogue", tmp_path / "catalogue.yaml")
    assert [name for name in listed if not name.startswith("mirror.example.org/")] == []
    made = objects(read(example))
    assert started(made) <= set(listed)
    [rule] = [
        one
        for one in find(made, "NetworkPolicy", "notebench-sessions")["spec"]["egress"]
        if "ipBlock" in str(one)
    ]
    assert rule["to"] == [{"ipBlock": {"cidr": "10.20.30.40/32"}}]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda file: file.stem)
def test_the_list_has_every_image_that_is_started(example: Path) -> None:
    listed = listing("-f", example)
    assert started(objects(read(example))) <= set(listed)
    assert len([name for name in listed if "configurable-http-proxy" in name or "/hub:" in name]) == 2


def started(made: list[Any]) -> set[str]:
    return {
        container["image"]
        for pod in pods(made)
        for place in ("initContainers", "containers")
        for container in pod["spec"].get(place, [])
    }


def listing(*words: Any) -> list[str]:
    command = [sys.executable, str(CHART / "images.py"), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
