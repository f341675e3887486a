"""Renders the chart as an installation does, offline, and says what is wrong with what comes out."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import helm_python
import yaml
from jsonschema import Draft202012Validator
from kubernetes_validate.utils import schema_contents
from referencing import Registry, Resource

from tests.unit.kubernetes.restricted import violations

ROOT = Path(__file__).parents[2]
CHART = ROOT / "helm"
DATA = ROOT.parent / "shared" / "data"
"""Where the values and the schema of the chart below are, on machines that have them."""

SPACE = "people"
VERSIONS = ("1.32", "1.34", "1.36")
FOREIGN = {
    ("monitoring.coreos.com/v1", "ServiceMonitor"),
    ("monitoring.coreos.com/v1", "PrometheusRule"),
    ("route.openshift.io/v1", "Route"),
}
"""Kinds of whose schema Kubernetes knows nothing."""

Values = dict[str, Any]
Manifest = dict[str, Any]


@cache
def defaults() -> Values:
    return read(CHART / "values.yaml")


def read(file: Path) -> Any:
    return yaml.load(file.read_text(), yaml.CSafeLoader)


@contextmanager
def whole_chart() -> Iterator[Path]:
    """A copy in which something stands where the chart below would be, which cannot be downloaded here."""
    with TemporaryDirectory() as folder:
        chart = Path(shutil.copytree(CHART, Path(folder) / "notebench"))
        below = chart / "charts" / "jupyterhub"
        below.mkdir(parents=True)
        version = read(CHART / "Chart.yaml")["dependencies"][0]["version"]
        text = f"apiVersion: v2\nname: jupyterhub\ndescription: Stands in.\nversion: {version}\n"
        (below / "Chart.yaml").write_text(text + "icon: https://example.org/icon.svg\n")
        (below / "values.yaml").write_text("enabled: true\n")
        (below / "templates").mkdir()
        yield chart


def without_hub(values: Values) -> Values:
    return {**values, "jupyterhub": {**values.get("jupyterhub", {}), "enabled": False}}


def render(values: Values | None = None, space: str = SPACE) -> dict[str, str]:
    """What the templates make, by file. Raises HelmError with what is wrong with the values."""
    # Loaded anew each time: rendering with the chart below switched off changes what was loaded.
    with helm_python.Chart.load(CHART) as chart:
        return chart.render(without_hub(values or {}), name="bench", namespace=space)


def objects(values: Values | None = None) -> list[Manifest]:
    return parsed(render(values))


def parsed(files: dict[str, str]) -> list[Manifest]:
    """The objects in what was rendered."""
    return [
        thing
        for file, text in files.items()
        if file.endswith(".yaml")
        for thing in yaml.load_all(text, yaml.CSafeLoader)
        if thing
    ]


def find(made: list[Manifest], kind: str, name: str) -> Manifest:
    [found] = [one for one in made if one["kind"] == kind and one["metadata"]["name"] == name]
    return found


def pods(made: list[Manifest]) -> list[Manifest]:
    return [one["spec"]["template"] for one in made if "template" in one.get("spec", {})]


def problems(made: list[Manifest], versions: tuple[str, ...] = VERSIONS) -> list[str]:
    """Whatever a cluster would not take, and whatever is not within the Restricted standard."""
    found = [error for thing in made for error in schema_errors(thing, versions)]
    named = [(one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"]) for one in made]
    found += [f"twice: {one}" for one in named if named.count(one) > 1]
    for pod in pods(made):
        found += violations(pod)
        found += _unset(pod["spec"])
    return found


def schema_errors(thing: Manifest, versions: tuple[str, ...] = VERSIONS) -> list[str]:
    """What these versions of Kubernetes do not take; a key that they do not know is not taken, either."""
    if (thing["apiVersion"], thing["kind"]) in FOREIGN:
        return []
    return [
        f"{thing['kind']} {thing['metadata']['name']} ({version}): {error.json_path}: {error.message}"
        for version in versions
        for error in _schema(version, thing["apiVersion"], thing["kind"]).iter_errors(thing)
    ]


@cache
def _schema(version: str, api_version: str, kind: str) -> Draft202012Validator:
    """What `kubernetes_validate.validate(…, strict=True)` goes by; that reads all anew for each object."""
    group, _, number = api_version.rpartition("/")
    file = "-".join([kind.lower(), *([group.partition(".")[0]] if group else []), number])
    folder = f"kubernetes-json-schema/v{version}.0-local-strict"
    registry: Registry[Any] = Resource.from_contents(_definitions(folder, version)) @ Registry()
    return Draft202012Validator(schema_contents(f"{folder}/{file}.json", version), registry=registry)


@cache
def _definitions(folder: str, version: str) -> Any:
    return schema_contents(f"{folder}/_definitions.json", version)


def _unset(spec: Manifest) -> list[str]:
    """What the standard does not ask for, and we do."""
    found = [] if "automountServiceAccountToken" in spec else ["automountServiceAccountToken is not set"]
    for container in (*spec.get("initContainers", []), *spec["containers"]):
        if not container["securityContext"].get("readOnlyRootFilesystem"):
            found.append(f"{container['name']}: its root file system can be written")
        if not container["resources"]:
            found.append(f"{container['name']}: no resources")
    return found
