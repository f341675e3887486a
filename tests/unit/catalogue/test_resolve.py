"""One function decides what a start runs, whatever the kind of workload."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from notebench.contract.errors import NotAllowed, Refused
from notebench_spawner.catalogue.devices import GPU, Device
from notebench_spawner.catalogue.hardware import Machine
from notebench_spawner.catalogue.identity import identity, python_version
from notebench_spawner.catalogue.load import CatalogueFile
from notebench_spawner.catalogue.resolve import resolve

from tests.unit.catalogue.shelf import stock

LAPTOP = Machine(cores=2, memory_mib=8000)
SERVER = Machine(cores=16, memory_mib=64000, devices=(Device("GPU-1", GPU), Device("GPU-2", GPU)))


@pytest.fixture
def catalogue(tmp_path: Path) -> CatalogueFile:
    return stock(tmp_path)


def test_empty_words_mean_the_default(catalogue: CatalogueFile) -> None:
    image, hardware = resolve(catalogue, groups=(), machine=LAPTOP)
    assert (image.image, image.version, image.python) == ("scientific", "2026.11", python_version())
    assert (hardware.profile, hardware.cpu, hardware.memory_mib) == ("small", 1.0, 2048)


@pytest.mark.parametrize(
    ("image", "profile", "code", "said"),
    [
        ("scientifc", "", "image-unknown", "No image 'scientifc'. Did you mean 'scientific'?"),
        ("", "smal", "profile-unknown", "No profile 'smal'. Did you mean 'small'?"),
        ("qqqq", "", "image-unknown", "No image 'qqqq'. Choose one of: scientific, cuda, old."),
        ("cuda", "", "image-unavailable", "Image 'cuda' cannot run on this machine."),
        ("old", "", "image-not-approved", "No version of image 'old' is approved."),
        ("secret", "", "image-not-allowed", "Image 'secret' is not open to you."),
        ("", "gpu", "profile-not-allowed", "Profile 'gpu' is not open to you."),
        ("", "large", "profile-unavailable", "needs 8 cores; this machine has 2."),
    ],
)
def test_refusals(catalogue: CatalogueFile, image: str, profile: str, code: str, said: str) -> None:
    with pytest.raises(Refused) as caught:
        resolve(catalogue, image, profile, groups=(), machine=LAPTOP)
    assert caught.value.kind == code
    assert said in str(caught.value)
    assert caught.value.problem().next_step


def test_who_is_not_meant_learns_no_names(catalogue: CatalogueFile) -> None:
    with pytest.raises(Refused) as caught:
        resolve(catalogue, "secre", groups=(), machine=LAPTOP)
    assert "'secret'" not in str(caught.value)
    with pytest.raises(Refused, match="Did you mean 'secret'"):
        resolve(catalogue, "secre", groups={"vision"}, machine=LAPTOP)


def test_groups_open_things(catalogue: CatalogueFile) -> None:
    image, _ = resolve(catalogue, "secret", groups={"vision", "x"}, machine=LAPTOP)
    assert image.version == "1"
    _, hardware = resolve(catalogue, "scientific", "gpu", groups={"vision"}, machine=SERVER)
    assert hardware.resources == {"nvidia.com/gpu": 1}
    with pytest.raises(NotAllowed):
        resolve(catalogue, "secret", groups={"visio", "vision "}, machine=LAPTOP)


def test_profile_of_another_image(catalogue: CatalogueFile) -> None:
    with pytest.raises(Refused, match=r"may not run on profile 'small'\. Choose one of: gpu"):
        resolve(catalogue, "cuda", "small", groups={"vision"}, machine=None)


def test_a_cluster_gives_what_a_machine_cannot(catalogue: CatalogueFile) -> None:
    image, hardware = resolve(catalogue, "cuda", groups={"vision"}, machine=None)
    assert image.digest.startswith("registry.example/cuda@sha256:")
    assert image.python == "3.12"
    assert hardware.profile == "gpu"


NEAR = ["scientific", "small"]


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(NEAR), st.sampled_from(["\n", " ", "\0", "/..", "2", "\r", "%00", ".", "\u200b", "S"]))
def test_names_count_only_as_a_whole(catalogue: CatalogueFile, name: str, more: str) -> None:
    for word in (name + more, more + name, name.upper(), name[:-1]):
        with pytest.raises(Refused):
            resolve(catalogue, word, "small", groups=(), machine=LAPTOP)
        with pytest.raises(Refused):
            resolve(catalogue, "scientific", word, groups=(), machine=LAPTOP)


def test_identity_changes_with_what_is_installed(catalogue: CatalogueFile) -> None:
    lock = catalogue.locks["scientific/requirements.lock"]
    assert identity(lock, "one") == identity(lock, "one") != identity(lock, "two")
    assert resolve(catalogue, groups=(), machine=None)[0].identity == identity(lock, catalogue.content)
