"""What a pod makes ready in a home: the layer and the tour, once, and never at the price of the start."""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import notebench
import pytest
from notebench.pod.layer import prepare_layer
from notebench.pod.tour import seed_tour, tour_folder


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A small image: an interpreter, our distribution, and a kernelspec."""
    base = tmp_path / "image"
    venv.create(base, symlinks=True)
    (packages,) = base.glob("lib/python3.*/site-packages")
    # also what it needs: the packages of who runs this test
    ours = [str(Path(notebench.__file__).parents[1]), *(one for one in sys.path if "site-packages" in one)]
    (packages / "ours.pth").write_text("\n".join(ours))
    kernel = base / "share" / "jupyter" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text(json.dumps({"argv": ["python", "-m", "ipykernel"]}))
    return base


def environ(layer: Path, **more: str) -> dict[str, str]:
    return {"NOTEBENCH_LAYER": str(layer), "NOTEBENCH_IMAGE": "small", **more}


def become(image: Path, env: dict[str, str], code: str) -> str:
    """What the command of a pod prints."""
    command = [image / "bin" / "python", "-P", "-m", "notebench.pod", "-c", code]
    return subprocess.run(
        command, env=env | {"PATH": os.environ["PATH"]}, check=True, capture_output=True, text=True
    ).stdout.strip()


def test_a_run_becomes_python_in_the_layer(image: Path, tmp_path: Path) -> None:
    layer = tmp_path / "home" / "environments" / "personal" / "small"
    for _ in range(2):  # made once, found again
        assert become(image, environ(layer), "import sys; print(sys.prefix)") == str(layer)
    own = next(layer.glob("lib/python3.*/site-packages")) / "mine.py"
    own.write_text("word = 'mine'")
    assert become(image, environ(layer), "import mine; print(mine.word)") == "mine"
    spec = json.loads((layer / "share/jupyter/kernels/python3/kernel.json").read_text())
    assert spec["argv"][0] == str(layer / "bin" / "python")
    assert [one.name for one in layer.parent.iterdir()] == ["small"]


def test_without_a_layer_the_image_goes_on(image: Path, tmp_path: Path) -> None:
    assert become(image, environ(Path()) | {"NOTEBENCH_LAYER": ""}, "import sys; print(sys.prefix)") == str(
        image
    )
    server = environ(tmp_path / "layer", NOTEBENCH_DEPLOYMENT_ID="d1")
    assert become(image, server, "import sys; print(sys.prefix)") == str(image)
    assert not (tmp_path / "layer").exists()


def test_a_home_that_takes_nothing_is_no_reason_not_to_start(
    image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "home").write_text("no folder")
    env = environ(tmp_path / "home" / "layer")
    assert prepare_layer(env, image) is None
    assert env["NOTEBENCH_LAYER"] == ""
    seed_tour(tmp_path / "home", tour_folder())
    said = capsys.readouterr().err
    assert "could not be made" in said
    assert "tour could not be put" in said


def test_the_tour_comes_once(tmp_path: Path) -> None:
    seed_tour(tmp_path, tour_folder())
    notebooks = sorted(one.name for one in (tmp_path / "tour").iterdir())
    assert "01-train-and-compare.ipynb" in notebooks
    (tmp_path / "tour").rename(tmp_path / "old")
    seed_tour(tmp_path, tour_folder())
    assert not (tmp_path / "tour").exists()
