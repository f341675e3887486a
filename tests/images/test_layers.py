"""Environment layers: what people install goes beside the image's packages, never into them."""

import json
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest
from notebench.contract.errors import Unavailable
from notebench_spawner.catalogue import trees
from notebench_spawner.catalogue.built import installed
from notebench_spawner.catalogue.layers import added_packages, ensure_layer

from tests.images.conftest import Built


def say(python: Path, *words: str) -> str:
    return subprocess.run([python, *words], capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def layer(scientific: Built, tmp_path: Path) -> Path:
    return ensure_layer(tmp_path / "home", "personal", scientific.image, scientific.root)


def test_made_in_no_time_and_once(scientific: Built, tmp_path: Path) -> None:
    began = time.perf_counter()
    layer = ensure_layer(tmp_path, "alloys", scientific.image, scientific.root)
    assert time.perf_counter() - began < 0.05
    assert (
        layer == tmp_path / "environments" / "alloys" / f"scientific-2026.11-{scientific.image.identity[:8]}"
    )
    (layer / "mine.txt").write_text("kept")
    assert ensure_layer(tmp_path, "alloys", scientific.image, scientific.root) == layer
    assert (layer / "mine.txt").read_text() == "kept"
    assert added_packages(layer) == []
    assert added_packages(tmp_path / "nowhere") == []


def test_sees_the_images_packages(scientific: Built, layer: Path) -> None:
    found = say(layer / "bin/python", "-c", "import sys, numpy; print(sys.prefix, numpy.__file__)").split()
    assert found[0] == str(layer)
    assert found[1].startswith(str(scientific.path))


def test_pip_installs_beside_the_image(scientific: Built, layer: Path) -> None:
    before = {package.name: package.version for package in installed(scientific.path)}
    said = say(layer / "bin/python", "-m", "pip", "install", "iniconfig", "numpy", "idna==3.10")
    assert "Requirement already satisfied: numpy" in said
    assert {package.name: package.version for package in added_packages(layer)}.keys() == {
        "iniconfig",
        "idna",
    }
    assert say(layer / "bin/python", "-c", "import idna; print(idna.__version__)") == "3.10"
    assert say(scientific.python, "-c", "import idna; print(idna.__version__)") == before["idna"] != "3.10"
    assert {package.name: package.version for package in installed(scientific.path)} == before
    say(layer / "bin/pip", "uninstall", "--yes", "idna")
    assert say(layer / "bin/python", "-c", "import idna; print(idna.__version__)") == before["idna"]
    assert [package.name for package in added_packages(layer)] == ["iniconfig"]


def test_kernel_of_the_layer_is_the_one_that_notebooks_get(scientific: Built, layer: Path) -> None:
    """`%pip install` in a cell, in a kernel found by name as JupyterLab finds it."""
    script = """
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient
import nbformat
cells = ["%pip install --quiet iniconfig", "import iniconfig, sys; print(sys.prefix, iniconfig.__file__)"]
book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
NotebookClient(book, kernel_name="python3").execute()
print("".join(output.get("text", "") for output in book.cells[1].outputs))
"""
    done = subprocess.run(
        [scientific.python, "-c", script],
        env={
            "JUPYTER_PATH": str(layer / "share/jupyter"),
            "PATH": "/usr/bin:/bin",
            "HOME": str(layer.parent),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    prefix, file = done.stdout.split()[-2:]
    assert prefix == str(layer)
    assert file.startswith(str(layer))


def test_follows_a_moved_home(scientific: Built, layer: Path, tmp_path: Path) -> None:
    (tmp_path / "home").rename(tmp_path / "moved")
    moved = ensure_layer(tmp_path / "moved", "personal", scientific.image, scientific.root)
    spec = json.loads((moved / "share/jupyter/kernels/python3/kernel.json").read_text())
    assert spec["argv"][0] == str(moved / "bin" / "python")
    assert "pip" in say(moved / "bin/pip", "--version")


def test_added_packages_come_along_when_only_notebench_changes(scientific: Built, tmp_path: Path) -> None:
    """Two identities over one foundation, as after an update of Notebench."""
    root = tmp_path / "environments"
    other = replace(scientific, image=scientific.image.model_copy(update={"identity": "feedbeeffeed"}))
    for name in (scientific.image.identity, other.image.identity):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).symlink_to(scientific.path)
    first = ensure_layer(tmp_path, "personal", scientific.image, root)
    logo = first / "share/jupyter/kernels/python3/logo-64x64.png"
    logo.unlink()
    logo.symlink_to(scientific.path / logo.relative_to(first))  # as layers of the first days have it
    say(first / "bin/pip", "install", "iniconfig")
    (first / "bin" / "tool").write_text(f"#!{first}/bin/python\n")
    second = ensure_layer(tmp_path, "personal", other.image, root)
    assert second != first
    assert [package.name for package in added_packages(second)] == ["iniconfig"]
    assert not (second / logo.relative_to(first)).is_symlink()
    assert (second / "bin" / "tool").read_text() == f"#!{second}/bin/python\n"
    assert say(second / "bin/python", "-c", "import iniconfig; print(iniconfig.__file__)").startswith(
        str(second)
    )
    say(second / "bin/pip", "uninstall", "--yes", "iniconfig")
    assert [package.name for package in added_packages(first)] == ["iniconfig"]
    trees.remove(second)  # the way back to the bare image
    assert added_packages(ensure_layer(tmp_path, "personal", other.image, root)) == []


def test_without_the_image(scientific: Built, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="is not built on this machine") as caught:
        ensure_layer(tmp_path / "home", "personal", scientific.image, tmp_path / "environments")
    assert caught.value.kind == "environment-missing"
    assert not (tmp_path / "home").exists()
    trees.remove(tmp_path / "home")  # of what is gone, nothing
