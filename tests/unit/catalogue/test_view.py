"""The catalogue as a reader sees it, and what a machine can give."""

from pathlib import Path

import pytest
from notebench_spawner.catalogue.hardware import Machine, look
from notebench_spawner.catalogue.load import CatalogueFile
from notebench_spawner.catalogue.view import view

from tests.unit.catalogue.shelf import stock

LAPTOP = Machine(cores=2, memory_mib=8000)


@pytest.fixture
def catalogue(tmp_path: Path) -> CatalogueFile:
    return stock(tmp_path)


def test_cards_show_what_is_inside(catalogue: CatalogueFile) -> None:
    images, _ = view(catalogue, groups=(), machine=None)
    card = next(image for image in images if image.id == "scientific")
    assert [package.name for package in card.packages] == ["numpy", "scikit-learn"]
    assert card.packages[1].version == "1.8.0"
    assert card.packages[0].version in ("2.4.6", "2.5.5")  # whichever fits this Python
    assert card.version == "2026.11"
    assert card.profiles == ["small", "large"]  # gpu is for others


def test_what_the_machine_lacks_is_shown_with_the_reason(catalogue: CatalogueFile) -> None:
    images, profiles = view(catalogue, groups={"vision"}, machine=LAPTOP)
    shown = {card.id: (card.available, card.reason) for card in [*profiles, *images]}
    assert shown["small"] == (True, "")
    assert shown["large"] == (False, "Profile 'large' needs 8 cores; this machine has 2.")
    assert shown["gpu"] == (False, "Profile 'gpu' needs 1 × nvidia.com/gpu; this machine has 0.")
    assert shown["cuda"] == (False, "It needs a cluster.")
    assert shown["scientific"] == (True, "")


def test_memory_is_compared_too(catalogue: CatalogueFile) -> None:
    _, profiles = view(catalogue, groups=(), machine=Machine(cores=8, memory_mib=16000))
    large = next(card for card in profiles if card.id == "large")
    assert large.reason == "Profile 'large' needs 32 GiB of memory; this machine has 15.6 GiB."


def test_an_image_without_any_possible_profile(catalogue: CatalogueFile) -> None:
    images, _ = view(catalogue, groups=(), machine=Machine(cores=1, memory_mib=512))
    assert {card.id: card.available for card in images} == {"scientific": False, "cuda": False}
    assert "No hardware profile" in next(card.reason for card in images if card.id == "scientific")


def test_what_is_not_for_the_reader_is_left_out(catalogue: CatalogueFile) -> None:
    images, profiles = view(catalogue, groups=(), machine=LAPTOP)
    assert "secret" not in [card.id for card in images]
    assert "old" not in [card.id for card in images]
    assert [card.id for card in profiles] == ["small", "large"]


def test_texts_in_the_readers_language(catalogue: CatalogueFile) -> None:
    _, profiles = view(catalogue, groups=(), machine=LAPTOP, language="de_DE", translate="<{}>".format)
    assert [card.title for card in profiles] == ["<Small>", "Groß"]
    assert profiles[1].reason.startswith("<Profile 'large' needs 8 cores")


def test_this_machine_can_be_looked_at(tmp_path: Path) -> None:
    machine = look(devices=tmp_path)
    assert machine.cores >= 1
    assert machine.memory_mib > 100
    assert machine.resources == {}
    for name in ("nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm"):
        (tmp_path / name).touch()
    assert look(devices=tmp_path).resources["nvidia.com/gpu"] == 2


def test_slices_of_graphics_processors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "nvidia0").touch()
    tool = tmp_path / "nvidia-smi"
    tool.write_text(
        "#!/bin/sh\necho 'GPU 0: NVIDIA A100-PCIE-40GB (UUID: GPU-1)'\n"
        "echo '  MIG 1g.5gb      Device  0: (UUID: MIG-1)'\necho '  MIG 1g.5gb Device 1: (UUID: MIG-2)'\n"
    )
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    assert look(devices=tmp_path).resources == {"nvidia.com/gpu": 1, "nvidia.com/mig-1g.5gb": 2}
