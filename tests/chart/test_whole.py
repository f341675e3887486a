"""The chart with the one below it, as they are installed together.

`NOTEBENCH_TEST_HUB_CHART` names the folder of that chart's source; without it this is skipped.
"""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import helm_python
import pytest
import yaml
from helm_python.errors import HelmError

from tests.chart.rendering import CHART, find, parsed, pods, read, schema_errors
from tests.unit.kubernetes.restricted import violations

SOURCE = os.environ.get("NOTEBENCH_TEST_HUB_CHART", "")
EXAMPLES = sorted((CHART / "examples").glob("*.yaml"))


@pytest.fixture(scope="module")
def chart() -> Iterator[Path]:
    if not SOURCE:
        pytest.skip("NOTEBENCH_TEST_HUB_CHART does not name the source of the chart below.")
    with TemporaryDirectory() as folder:
        whole = Path(shutil.copytree(CHART, Path(folder) / "notebench"))
        below = Path(shutil.copytree(SOURCE, whole / "charts" / "jupyterhub"))
        facts = read(below / "Chart.yaml")
        facts["version"] = read(CHART / "Chart.yaml")["dependencies"][0]["version"]
        (below / "Chart.yaml").write_text(yaml.safe_dump(facts))
        (below / "values.schema.json").write_text(json.dumps(read(below / "values.schema.yaml")))
        yield whole


def made(chart: Path, values: dict[str, Any]) -> list[Any]:
    with helm_python.Chart.load(chart) as loaded:
        return parsed(loaded.render(values, name="bench", namespace="people"))


def values_of(example: str) -> dict[str, Any]:
    found: dict[str, Any] = read(CHART / "examples" / f"{example}.yaml")
    return found


@pytest.mark.parametrize("example", [file.stem for file in EXAMPLES])
def test_together_they_are_what_a_cluster_takes(chart: Path, example: str) -> None:
    every = made(chart, values_of(example))
    assert [error for one in every for error in schema_errors(one)] == []
    named = [
        (one["kind"], one["metadata"].get("namespace", "people"), one["metadata"]["name"]) for one in every
    ]
    assert len(named) == len(set(named))
    assert [problem for pod in pods(every) for problem in violations(pod)] == []


def test_only_hub_and_service_have_a_token(chart: Path) -> None:
    every = made(chart, {})
    with_token = {
        one["metadata"]["name"]
        for one in every
        if "template" in one.get("spec", {})
        and one["spec"]["template"]["spec"].get("automountServiceAccountToken") is not False
    }
    assert with_token == {"hub", "notebench"}
    assert not {"ClusterRole", "ClusterRoleBinding"} & {one["kind"] for one in every}
    assert {one["metadata"]["name"] for one in every if one["kind"] == "Role"} == {
        "notebench-hub",
        "notebench-service",
    }


def test_the_names_that_we_say_are_there(chart: Path) -> None:
    every = made(chart, {})
    hub = find(every, "Deployment", "hub")["spec"]["template"]
    there = {(one["kind"], one["metadata"]["name"]) for one in every}
    for name in ("hub", "proxy-api", "proxy-public", "notebench", "notebench-mlflow"):
        assert ("Service", name) in there
    for volume in hub["spec"]["volumes"]:
        for source in volume.get("projected", {}).get("sources", []):
            secret = find(every, "Secret", source["secret"]["name"])["data"]
            assert {item["key"] for item in source["secret"]["items"]} <= set(secret)
        if "configMap" in volume:
            assert ("ConfigMap", volume["configMap"]["name"]) in there
        if "persistentVolumeClaim" in volume:
            claim = find(every, "PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"])
            assert claim["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    assert (
        find(every, "RoleBinding", "notebench-hub")["subjects"][0]["name"]
        == hub["spec"]["serviceAccountName"]
    )


def test_our_policies_find_hub_and_proxy(chart: Path) -> None:
    every = made(chart, {})
    for part in ("hub", "proxy"):
        labels = find(every, "Deployment", part)["spec"]["template"]["metadata"]["labels"]
        assert labels["app.kubernetes.io/name"] == "jupyterhub"
        assert labels["app.kubernetes.io/instance"] == "bench"
        assert labels["app.kubernetes.io/component"] == part
        assert labels["hub.jupyter.org/network-access-singleuser"] == "true"
    service = find(every, "Service", "hub")
    asked = made(chart, values_of("production"))
    wanted = find(asked, "ServiceMonitor", "notebench-hub")["spec"]
    assert wanted["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert {one["port"] for one in wanted["endpoints"]} <= {port["name"] for port in service["spec"]["ports"]}


def test_a_wrong_key_of_the_chart_below_is_refused_too(chart: Path) -> None:
    with pytest.raises(HelmError, match="cloudMetdata"):
        made(chart, {"jupyterhub": {"singleuser": {"cloudMetdata": {}}}})
