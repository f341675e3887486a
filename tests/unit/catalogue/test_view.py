"""The catalogue as a reader sees it, and what a machine can give."""

from pathlib import Path

import pytest
from notebench_spawner.catalogue.devices import Device
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


def test_a_cluster_needs_container_images(catalogue: CatalogueFile) -> None:
    images, profiles = view(catalogue, groups={"vision"}, machine=None)
    shown = {card.id: (card.available, card.reason) for card in images}
    assert shown["cuda"] == (True, "")
    assert shown["scientific"] == (False, "This image has no container image at a digest yet.")
    assert all(card.available for card in profiles)


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


TOOL = """\
GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a77)
  MIG 1g.5gb      Device  0: (UUID: MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87eb3f)
  MIG 1g.5gb+me   Device  1: (UUID: MIG-cba663e8-9bed-5b25-b243-5985ef7c9beb)
GPU 1: NVIDIA GeForce RTX 4090 (UUID: GPU-f1b6fa11-c2f7-1a4e-8a3b-6b4b0b1a9d0e)
"""
INFORMATION = """\
Model: \t\t Tesla T4
IRQ:   \t\t 33
GPU UUID: \t {}
Video BIOS: \t 90.04.84.00.06
Bus Type: \t PCIe
Device Minor: \t 0
GPU Excluded:\t No
"""


def put_tool(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A program in the driver's tool's place, with its output."""
    tool = folder / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")


def test_this_machine_can_be_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    machine = look(driver=tmp_path)
    assert machine.cores >= 1
    assert machine.memory_mib > 100
    assert machine.resources == {}


def test_the_drivers_tool_names_processors_and_slices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_tool(tmp_path, monkeypatch, f"cat <<'END'\n{TOOL}END")
    machine = look(driver=tmp_path)
    # The divided one is not handed out as a whole.
    assert machine.resources == {
        "nvidia.com/gpu": 1,
        "nvidia.com/mig-1g.5gb": 1,
        "nvidia.com/mig-1g.5gb.me": 1,
    }
    assert [one.id[:8] for one in machine.devices] == ["MIG-c6d4", "MIG-cba6", "GPU-f1b6"]
    assert machine.devices[2].name == "NVIDIA GeForce RTX 4090"


@pytest.mark.parametrize("script", ["exit 9", "echo 'Failed to initialize NVML'; exit 255"])
def test_the_drivers_files_name_processors_where_its_tool_cannot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    put_tool(tmp_path, monkeypatch, script)
    for place, uuid in (("0000:00:1e.0", "GPU-1b2c"), ("0000:00:1f.0", "GPU-????????")):
        (tmp_path / "gpus" / place).mkdir(parents=True)
        (tmp_path / "gpus" / place / "information").write_text(INFORMATION.format(uuid))
    assert look(driver=tmp_path).devices == (Device("GPU-1b2c", "nvidia.com/gpu", "Tesla T4"),)
