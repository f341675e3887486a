"""A KubeSpawner's list of profiles becomes a catalogue that our own loader takes."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kubespawner import KubeSpawner
from notebench.contract.errors import Refused
from notebench_hub.cli import commands
from notebench_hub.kube_settings import Kubernetes
from notebench_hub.profile_list import homes, source
from notebench_hub.profile_list.choices import Remarks, applied
from notebench_hub.profile_list.convert import Catalogue, convert, written
from notebench_hub.profile_list.images import LOCK
from notebench_hub.profile_list.source import Source
from notebench_hub.settings import read as read_settings
from notebench_spawner.catalogue.load import CatalogueFile, load
from notebench_spawner.placement import Toleration
from notebench_spawner.pods.names import home_claim, home_folder
from typer.testing import CliRunner

DIGEST = "sha256:" + "ab" * 32
VALUES = """
singleuser:
  image: {name: quay.io/jupyter/minimal-notebook, tag: "2026-10-01"}
  cpu: {limit: 2, guarantee: 0.5}
  memory: {limit: 4G, guarantee: 1G}
  extraTolerations:
    - {key: hub.jupyter.org/dedicated, operator: Equal, value: user, effect: NoSchedule}
  storage:
    capacity: 20Gi
    homeMountPath: /home/jovyan
    dynamic: {storageClass: fast, pvcNameTemplate: "claim-{user_server}"}
  profileList:
    - display_name: Small
      description: For <b>everybody</b>
    - display_name: Choose
      slug: choose
      default: true
      allowed_groups: [staff]
      kubespawner_override:
        environment: {A: b}
        lifecycle_hooks: {}
      profile_options:
        image:
          display_name: Image
          choices:
            pytorch:
              display_name: PyTorch
              kubespawner_override: {image: "quay.io/jupyter/pytorch-notebook@DIGEST"}
            r:
              display_name: R
              default: true
              kubespawner_override: {image: "quay.io:443/jupyter/r-notebook:4.4"}
          unlisted_choice: {enabled: true, display_name: Other}
        size:
          display_name: Size
          choices:
            l:
              display_name: Large
              kubespawner_override: {cpu_limit: 8, mem_limit: 32G, cpu_guarantee: null}
            m: {display_name: Medium, default: true, kubespawner_override: {cpu_limit: 4, mem_limit: 8G}}
    - display_name: GPU
      kubespawner_override:
        image: quay.io/jupyter/pytorch-notebook@DIGEST
        cpu_limit: "3500m"
        mem_limit: 16Gi
        extra_resource_limits: {nvidia.com/gpu: "1", ephemeral-storage: 20Gi, hugepages-2Mi: 4Mi}
        extra_resource_guarantees: {nvidia.com/gpu: "1"}
        node_selector: {pool: gpu, spot: true}
        tolerations:
          - {key: nvidia.com/gpu, operator: Exists, effect: NoSchedule, tolerationSeconds: null}
          - {bad: 1}
        extra_pod_config: {runtimeClassName: nvidia, hostNetwork: true}
        priority_class_name: gpu-first
""".replace("DIGEST", DIGEST)


def loaded(made: Catalogue, folder: Path) -> CatalogueFile:
    """By the loader that Notebench starts with."""
    (folder / LOCK).write_text("")
    file = folder / "catalogue.yaml"
    file.write_text(written(made.document), encoding="utf-8")
    return load(file)


@pytest.fixture
def values(tmp_path: Path) -> Path:
    file = tmp_path / "values.yaml"
    file.write_text(VALUES)
    return file


def test_images_hardware_and_the_default(values: Path, tmp_path: Path) -> None:
    made = loaded(convert(source.read(values)), tmp_path).document
    assert [one.id for one in made.profiles] == ["small", "choose-medium", "choose-large", "gpu"]
    assert {one.id: one.profiles for one in made.images} == {
        "minimal-notebook": ["small"],
        "r-notebook": ["choose-medium", "choose-large"],
        "pytorch-notebook": ["choose-medium", "choose-large", "gpu"],
    }
    assert (made.default.image, made.default.profile) == ("r-notebook", "choose-medium")
    assert [one.title for one in made.images] == ["minimal-notebook", "R", "PyTorch"]
    assert made.profiles[0].description == "For everybody"
    r, pytorch = (made.images[at].versions[0].kubernetes for at in (1, 2))
    assert r is not None
    assert pytorch is not None
    assert (r.image, r.digest) == ("quay.io:443/jupyter/r-notebook", "")
    assert pytorch.reference == f"quay.io/jupyter/pytorch-notebook@{DIGEST}"
    assert {version.state.value for one in made.images for version in one.versions} == {"draft"}


def test_hardware_word_by_word(values: Path, tmp_path: Path) -> None:
    small, medium, large, gpu = loaded(convert(source.read(values)), tmp_path).document.profiles
    assert (small.cpu, small.memory) == (2, 4096)
    assert (small.kubernetes.cpu_request, small.kubernetes.memory_request) == (0.5, "1Gi")
    assert (medium.cpu, medium.memory, medium.kubernetes.cpu_request) == (4, 8192, 0.5)
    assert (large.cpu, large.memory, large.kubernetes.cpu_request) == (8, 32768, None)
    assert (gpu.cpu, gpu.memory, gpu.resources) == (3.5, 16384, {"nvidia.com/gpu": 1})
    assert gpu.kubernetes.node_selector == {"pool": "gpu", "spot": "true"}
    assert gpu.kubernetes.tolerations == (
        Toleration(key="nvidia.com/gpu", operator="Exists", effect="NoSchedule"),
    )
    assert (gpu.kubernetes.runtime_class, gpu.kubernetes.priority_class) == ("nvidia", "gpu-first")
    assert gpu.kubernetes.disk == "20Gi"
    assert small.kubernetes.tolerations[0].key == "hub.jupyter.org/dedicated"


@pytest.mark.parametrize(
    "words",
    [
        ("'Choose'", "`allowed_groups`"),
        ("'Choose'", "`environment`", "`settings.kubernetes.pods.env`"),
        ("'Choose'", "`lifecycle_hooks`"),
        ("'Choose'", "free entry for 'image'"),
        ("'r-notebook'", "tag 4.4", "digest"),
        ("'GPU'", "hugepages-2Mi"),
        ("'GPU'", "`extra_pod_config.hostNetwork`"),
        ("'GPU'", "`tolerations`"),
    ],
)
def test_what_is_not_carried_over_is_said(values: Path, words: tuple[str, ...]) -> None:
    remarks = convert(source.read(values)).remarks
    assert [line for line in remarks if all(word in line for word in words)], remarks


def test_only_what_has_no_digest_needs_one(values: Path) -> None:
    said = " ".join(line for line in convert(source.read(values)).remarks if "skopeo" in line)
    assert "minimal-notebook" in said
    assert "pytorch-notebook" not in said


@pytest.mark.parametrize(
    "around",
    [
        "{}",
        '{"singleuser": {"profileList": {}}}',
        '{"jupyterhub": {"singleuser": {"profileList": {}}}}',
        '{"hub": {"config": {"KubeSpawner": {"profile_list": {}}}}}',
        '{"profile_list": {}}',
    ],
)
def test_where_the_list_may_be(around: str, tmp_path: Path) -> None:
    file = tmp_path / "it.json"
    file.write_text(around.replace("{}", json.dumps([{"display_name": "One"}])))
    assert source.read(file).profiles == [{"display_name": "One"}]


@pytest.mark.parametrize(
    "text", ["", "a: [", "[]", "- 1\n", "x: 1\n", "\x00", "&a [*a]", "singleuser: {profileList: 3}"]
)
def test_what_is_no_list_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "it.yaml"
    file.write_text(text)
    with pytest.raises(Refused):
        convert(source.read(file))
    with pytest.raises(Refused):
        source.read(tmp_path / "nothing.yaml")


def test_overrides_are_merged_as_kubespawner_does_it() -> None:
    below = {"a": {"x": 1, "y": {"z": 2}}, "b": 1, "c": [1], "d": 4}
    above = {"a": {"y": {"w": 3}, "x": None}, "b": {"n": 1}, "c": [2], "d": None}
    spawner = KubeSpawner.__new__(KubeSpawner)
    spawner.node_selector = {"x": 1, "y": {"z": 2}}
    spawner._apply_overrides({"node_selector": above["a"]})
    assert applied(below, above) == {"a": spawner.node_selector, "b": {"n": 1}, "c": [2], "d": None}
    assert applied(below, above)["a"] == {"y": {"z": 2, "w": 3}}


WORDS = st.one_of(
    st.text(max_size=12), st.sampled_from(["8", "2G", "1.5Gi", "500m", "nvidia.com/gpu", "-1", "1e9", "<b>"])
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)
TRAITS = [
    "image", "cpu_limit", "cpu_guarantee", "mem_limit", "mem_guarantee", "extra_resource_limits",
    "extra_resource_guarantees", "tolerations", "extra_pod_config", "priority_class_name", "extra_labels",
    "node_selector", "volumes",
]  # fmt: skip
OVERRIDE = st.dictionaries(st.sampled_from(TRAITS), ANYTHING, max_size=6) | ANYTHING
OPTION = st.fixed_dictionaries(
    {},
    optional={
        "choices": st.dictionaries(
            WORDS,
            st.fixed_dictionaries({}, optional={"display_name": ANYTHING, "kubespawner_override": OVERRIDE}),
            max_size=3,
        )
        | ANYTHING,
        "unlisted_choice": ANYTHING,
    },
)
PROFILE = st.fixed_dictionaries(
    {},
    optional={
        "display_name": ANYTHING,
        "slug": ANYTHING,
        "description": ANYTHING,
        "default": ANYTHING,
        "kubespawner_override": OVERRIDE,
        "profile_options": st.dictionaries(WORDS, OPTION, max_size=4) | ANYTHING,
    },
)


@settings(deadline=None, max_examples=100)
@given(
    profiles=st.lists(PROFILE | ANYTHING, max_size=4), singleuser=st.dictionaries(WORDS, ANYTHING, max_size=3)
)
def test_any_list_becomes_a_catalogue_or_is_refused(
    profiles: list[Any], singleuser: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("any")
    try:
        made = convert(Source(profiles, singleuser))
    except Refused:
        assert not any(isinstance(one, dict) for one in profiles)
        return
    loaded(made, folder)


# Homes


def claim_of(spawner_words: dict[str, Any], user: str) -> str:
    """What KubeSpawner itself calls the volume of somebody's home."""
    spawner = KubeSpawner.__new__(KubeSpawner)  # its __init__ looks for a cluster
    spawner.user = SimpleNamespace(name=user, id=7)
    for word, value in spawner_words.items():
        setattr(spawner, word, value)
    return str(spawner._expand_user_properties(spawner.pvc_name_template))


PEOPLE = ["ada", "bo-2", "Ada.Lovelace@example.com", "x" * 60, "2nd", "a--b", "grüße"]


@pytest.mark.parametrize("scheme", ["safe", "escape"])
@pytest.mark.parametrize("template", ["claim-{user_server}", "claim-{username}", "home-{username}"])
def test_homes_keep_their_volumes(scheme: str, template: str) -> None:
    """The names that KubeSpawner gave, by both of its schemes, are the ones that Notebench asks for."""
    names = {user: claim_of({"slug_scheme": scheme, "pvc_name_template": template}, user) for user in PEOPLE}
    found = [
        {"metadata": {"name": name, "annotations": {"hub.jupyter.org/username": user}}}
        for user, name in names.items()
    ]
    singleuser = {"storage": {"dynamic": {"pvcNameTemplate": template}}}
    tree = homes.settings(singleuser, {"kind": "List", "items": found}, Remarks())
    ours = Kubernetes.model_validate(tree).pods.homes
    assert {user: home_claim(ours, user) for user in PEOPLE} == names
    assert "ada" not in ours.claims
    assert "Ada.Lovelace@example.com" in ours.claims


def test_what_the_chart_says_of_homes(values: Path) -> None:
    remarks = Remarks()
    tree = homes.settings(source.read(values).singleuser, None, remarks)
    found = Kubernetes.model_validate(tree)
    assert (found.home, found.storage.size, found.storage.storage_class) == ("/home/jovyan", "20Gi", "fast")
    assert home_claim(found.pods.homes, "ada") == "claim-ada"
    assert remarks.lines == []


def test_one_volume_for_all_homes() -> None:
    static = {"storage": {"type": "static", "static": {"pvcName": "nfs-homes", "subPath": "home/{username}"}}}
    found = Kubernetes.model_validate(homes.settings(static, None, Remarks())).pods.homes
    assert (home_claim(found, "ada"), home_folder(found, "ada")) == ("nfs-homes", "home/ada")
    assert found.access == "ReadWriteMany"


def test_what_of_homes_is_not_carried_over_is_said() -> None:
    server = {"hub.jupyter.org/username": "ada", "hub.jupyter.org/servername": "gpu"}
    claims = [{"metadata": {"name": "claim-ada--gpu", "annotations": server}}]
    remarks = Remarks()
    storage = {"capacity": "lots", "dynamic": {"pvcNameTemplate": "claim-{userid}-{username}"}}
    homes.settings({"storage": storage}, claims, remarks)
    said = " ".join(remarks.lines)
    assert "claim-ada--gpu" in said
    assert "lots" in said
    assert "{userid}" in said


@settings(deadline=None, max_examples=60)
@given(storage=ANYTHING, claims=ANYTHING)
def test_any_storage_and_any_claims_are_survived(storage: Any, claims: Any) -> None:
    Kubernetes.model_validate(homes.settings({"storage": storage}, claims, Remarks()))
    Kubernetes.model_validate(homes.settings({"storage": {"dynamic": storage}}, {"items": claims}, Remarks()))


# The command


def test_the_command(values: Path, tmp_path: Path) -> None:
    claims, into = tmp_path / "claims.json", tmp_path / "catalogue.yaml"
    claims.write_text(
        json.dumps(
            {"items": [{"metadata": {"name": "old", "annotations": {"hub.jupyter.org/username": "ada"}}}]}
        )
    )
    words = ["catalogue", "import", str(values), "--claims", str(claims)]
    ran = CliRunner().invoke(commands, [*words, "--into", str(into)])
    assert ran.exit_code == 0, ran.stderr
    assert load(into).document.default.image == "r-notebook"
    start = ran.stderr.index("settings:")
    snippet = tmp_path / "snippet.yaml"
    snippet.write_text(ran.stderr[start:])
    assert read_settings(snippet, below="settings").kubernetes.pods.homes.claims == {"ada": "old"}
    again = CliRunner().invoke(commands, [*words, "--into", str(into)])
    assert again.exit_code == 3
    assert "is there already" in again.stderr
    shown = CliRunner().invoke(commands, words)
    assert (shown.exit_code, shown.stdout) == (0, into.read_text())


def test_the_names_that_the_page_for_operators_shows() -> None:
    usual = {"pvc_name_template": "claim-{user_server}"}
    old, new = ({**usual, "slug_scheme": scheme} for scheme in ("escape", "safe"))
    assert (claim_of(new, "bo-2"), claim_of(old, "bo-2")) == ("claim-bo-2", "claim-bo-2d2")
    assert claim_of(old, "Ada.Lovelace@example.com").startswith("claim--41da-2e-4c")
    assert claim_of(new, "Ada.Lovelace@example.com").startswith("claim-ada-lovelace-example-com---")
