"""What we say to the Zero to JupyterHub chart: each value is one that it knows, and means what we need."""

from typing import Any

import jsonschema
import pytest

from tests.chart.rendering import CHART, DATA, defaults, read

SCHEMA = DATA / "z2jh-4.4-values.schema.yaml"
here = pytest.mark.skipif(
    not SCHEMA.exists(), reason="The published schema of the chart is not on this machine."
)
SETS = ["nothing", *sorted(file.stem for file in (CHART / "examples").glob("*.yaml"))]


def merged(below: Any, above: Any) -> Any:
    """As Helm merges the values of a chart below with ours; null takes a key away."""
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    found = {name: merged(below.get(name), one) for name, one in above.items()}
    return {name: one for name, one in {**below, **found}.items() if not (one is None and name in above)}


def given(name: str) -> Any:
    ours = defaults()["jupyterhub"]
    return (
        ours
        if name == "nothing"
        else merged(ours, read(CHART / "examples" / f"{name}.yaml").get("jupyterhub", {}))
    )


@here
@pytest.mark.parametrize("name", SETS)
def test_it_takes_what_we_say(name: str) -> None:
    theirs = merged(read(DATA / "z2jh-4.4-values.yaml"), given(name))
    errors = jsonschema.Draft7Validator(read(SCHEMA)).iter_errors(theirs)
    assert [f"{error.json_path}: {error.message}" for error in errors] == []


@here
def test_a_wrong_key_would_be_noticed() -> None:
    values = merged(given("nothing"), {"singleuser": {"cloudMetdata": {}}})
    assert list(jsonschema.Draft7Validator(read(SCHEMA)).iter_errors(values))


@pytest.mark.parametrize("name", SETS)
def test_what_we_need_of_it_holds_for_every_example(name: str) -> None:
    values = given(name)
    assert values["hub"]["consecutiveFailureLimit"] == 0
    assert values["singleuser"]["cloudMetadata"]["blockWithIptables"] is False
    assert values["hub"]["config"]["JupyterHub"]["authenticator_class"] != "dummy"
    assert [values["prePuller"][one]["enabled"] for one in ("hook", "continuous")] == [False, False]
    assert not values["rbac"]["create"]


def test_the_hub_finds_settings_and_secrets_where_it_looks() -> None:
    hub = defaults()["jupyterhub"]["hub"]
    mounts = {one["mountPath"]: one["name"] for one in hub["extraVolumeMounts"]}
    place = hub["extraEnv"]["NOTEBENCH_STATE_DIR"]
    assert mounts == {
        place: "notebench-state",
        f"{place}/hub": "pvc",
        f"{place}/settings.yaml": "notebench-settings",
        f"{place}/secrets": "notebench-secrets",
    }
    assert {one["name"] for one in hub["extraVolumes"]} | {"pvc"} == set(mounts.values())
