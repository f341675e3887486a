"""The scientific environment as it is shipped: what is inside, its smoke notebooks, and the tour."""

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from notebench_spawner.catalogue.layers import ensure_layer

from tests.images.conftest import IMAGES, Built

TOUR = sorted((IMAGES / "tour").glob("*.ipynb"))


def execute(built: Built, notebook: Path, home: Path, *words: str) -> dict[str, Any]:
    """Run a notebook as it is, through papermill in the environment layer, logging to a store of its own."""
    layer = ensure_layer(home, "personal", built.image, built.root)
    output = home / notebook.name
    env = {
        **{key: value for key, value in os.environ.items() if not key.startswith(("NOTEBENCH", "MLFLOW"))},
        "HOME": str(home),
        "JUPYTER_PATH": str(layer / "share" / "jupyter"),
        "MLFLOW_TRACKING_URI": f"sqlite:///{home}/mlflow.db",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    done = subprocess.run(
        [layer / "bin/python", "-m", "papermill", "--no-progress-bar", notebook, output, *words],
        cwd=home,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(output.read_text())
    return found


def printed(notebook: dict[str, Any]) -> str:
    return "".join(
        "".join(output.get("text", "")) for cell in notebook["cells"] for output in cell.get("outputs", [])
    )


@pytest.mark.parametrize("image", ["minimal", "scientific"])
def test_smoke_notebooks(scientific: Built, tmp_path: Path, image: str) -> None:
    """A child image runs its ancestors' tests too."""
    execute(scientific, IMAGES / image / "smoke.ipynb", tmp_path)


def test_tour_trains_and_compares(scientific: Built, tmp_path: Path) -> None:
    done = execute(scientific, TOUR[0], tmp_path)
    kinds = [
        key for cell in done["cells"] for output in cell.get("outputs", []) for key in output.get("data", {})
    ]
    assert "image/png" in kinds
    assert "wine: forest" in json.dumps(done)
    assert "Warning" not in printed(done)


def test_tour_takes_parameters(scientific: Built, tmp_path: Path) -> None:
    done = execute(scientific, TOUR[3], tmp_path, "-p", "alpha", "0.5")
    assert "the model is off by" in printed(done)
    assert "injected-parameters" in json.dumps(done)


@pytest.mark.parametrize("notebook", TOUR, ids=lambda path: path.stem)
def test_tour_is_clean(notebook: Path) -> None:
    """No outputs, no counts, the kernel that every image has, and links that lead somewhere."""
    content = json.loads(notebook.read_text())
    assert content["metadata"]["kernelspec"]["name"] == "python3"
    code = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    text = "".join("".join(cell["source"]) for cell in content["cells"] if cell["cell_type"] == "markdown")
    for link in [part.partition(")")[0] for part in text.split("](")[1:]]:
        assert (notebook.parent / link).is_file()


def test_tour_has_one_parameters_cell() -> None:
    tagged = {
        notebook.name: [
            cell
            for cell in json.loads(notebook.read_text())["cells"]
            if "parameters" in cell["metadata"].get("tags", [])
        ]
        for notebook in TOUR
    }
    assert {name for name, cells in tagged.items() if cells} == {"04-nightly-report.ipynb"}


def test_grammar_compiler_is_absent(scientific: Built) -> None:
    done = subprocess.run(
        [scientific.python, "-c", "import rfc3987_syntax"], capture_output=True, check=False
    )
    assert b"ModuleNotFoundError" in done.stderr


def test_jupyterlab_speaks_three_languages(scientific: Built) -> None:
    script = (
        "from jupyterlab_server.translation_utils import get_language_packs; print(*get_language_packs()[0])"
    )
    done = subprocess.run([scientific.python, "-c", script], capture_output=True, text=True, check=True)
    assert {"en", "de_DE", "es_ES"} <= set(done.stdout.split())


def test_jupyterlab_asks_nobody_about_news(scientific: Built, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [
            *(scientific.path / "bin/jupyter-lab", "--no-browser", "--allow-root", f"--port={port}"),
            *("--IdentityProvider.token=", f"--ServerApp.root_dir={tmp_path}"),
        ],
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        settings = ask(
            f"http://127.0.0.1:{port}/lab/api/settings/@jupyterlab/apputils-extension:notification"
        )
    finally:
        server.terminate()
        server.wait(timeout=20)
    shown = settings["schema"]["properties"]
    assert shown["fetchNews"]["default"] == "false"
    assert shown["checkForUpdates"]["default"] is False


def ask(address: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
