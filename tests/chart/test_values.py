"""The values: one place describes them, what is wrong is refused by name, the chart stands."""

import json
import subprocess
import sys
from typing import Any

import helm_python
import jsonschema
import pytest
from helm_python.errors import HelmError

from tests.chart.rendering import CHART, ROOT, defaults, objects, read, render, whole_chart


def test_generated_files_are_current() -> None:
    done = subprocess.run(
        [sys.executable, CHART / "generate.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_stale_file_is_noticed(tmp_path: Any) -> None:
    for name in (
        "generate.py",
        "values.py",
        "jupyterhub.values.yaml",
        "values.yaml",
        "values.schema.json",
        "files/rights.yaml",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((CHART / name).read_bytes())
    (tmp_path / "values.schema.json").write_text("{}")
    done = subprocess.run(
        [sys.executable, tmp_path / "generate.py", "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (
        1,
        "helm/values.schema.json is stale. Run: python helm/generate.py\n",
    )


def test_the_schema_is_draft_7_and_describes_each_key() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)

    def walk(part: dict[str, Any], path: str) -> list[str]:
        found = [] if part.get("description") else [path]
        for name, one in part.get("properties", {}).items():
            found += walk(one, f"{path}.{name}")
        return found

    assert [key for name, one in schema["properties"].items() for key in walk(one, name)] == []


def test_the_chart_passes_lint() -> None:
    with whole_chart() as chart:
        report = helm_python.lint(chart, strict=True, kube_version="v1.34.0")
    assert report["errors"] == []
    assert [one for one in report["messages"] if one["severity"] > 1] == []


def test_yamllint_finds_nothing() -> None:
    rules = "{extends: relaxed, rules: {line-length: {max: 150}}}"
    files = [str(CHART / name) for name in ("Chart.yaml", "values.yaml", "files", "examples")]
    command = [sys.executable, "-m", "yamllint", "-s", "-d", rules, *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"setings": {}}, "'setings'"),
        ({"settings": {"sesions": {}}}, "'sesions'"),
        ({"settings": {"mode": "embedded"}}, "'mode'"),
        ({"settings": {"runs": {"concurrency": 0}}}, "'/settings/runs/concurrency'"),
        ({"settings": {"kubernetes": {"pods": {"homes": {"acess": "ReadWriteOnce"}}}}}, "'acess'"),
        ({"service": {"volume": {"size": "10GB"}}}, "'/service/volume/size'"),
        ({"image": {"name": "UPPER"}}, "'/image/name'"),
        ({"networkPolicy": {"enabled": "no"}}, "'/networkPolicy/enabled'"),
    ],
)
def test_a_wrong_value_is_refused_by_name(values: dict[str, Any], said: str) -> None:
    with pytest.raises(HelmError) as refused:
        render(values)
    assert said in str(refused.value)


def test_the_defaults_are_those_of_the_settings_below() -> None:
    """values.yaml sets no setting: what is left out has one default, that of the settings."""
    assert defaults()["settings"] == {}


def test_nothing_is_made_for_what_is_switched_off() -> None:
    kinds = {one["kind"] for one in objects()}
    assert kinds == {
        "ConfigMap",
        "Deployment",
        "NetworkPolicy",
        "PersistentVolumeClaim",
        "Role",
        "RoleBinding",
        "Secret",
        "Service",
        "ServiceAccount",
    }


def test_the_chart_below_is_pinned_and_can_be_switched_off() -> None:
    [below] = read(CHART / "Chart.yaml")["dependencies"]
    assert (below["name"], below["condition"]) == ("jupyterhub", "jupyterhub.enabled")
    assert [int(word) for word in below["version"].split(".")] >= [4, 4, 0]
