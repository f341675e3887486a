"""A real JupyterLab with the panels, a stood-in service, and a browser that looks at both."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import nbformat
import pytest
import uvicorn

from .standin import PREFIX, StandIn, World

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "artifacts" / "panels"
TOKEN = "nbt_session_for-tests-only"
PASSWORD = "jupyter-token-for-tests"


@dataclass
class Service:
    """The stand-in's world and where it listens."""

    world: World
    url: str

    @property
    def pages(self) -> str:
        return f"{self.url}{PREFIX}/"


@pytest.fixture(scope="session")
def running_service() -> Iterator[Service]:
    standin = StandIn()
    server = uvicorn.Server(uvicorn.Config(standin.app, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Service(standin.world, f"http://127.0.0.1:{port}")
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def service(running_service: Service) -> Service:
    """With its sample records as they were."""
    running_service.world.reset()
    return running_service


def until(true: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.1)


def notebook(*cells: str, tagged: int = -1) -> str:
    made = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    )
    made.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
    if tagged >= 0:
        made.cells[tagged].metadata["tags"] = ["parameters"]
    return nbformat.writes(made)


@dataclass
class Lab:
    """A Jupyter server."""

    url: str
    home: Path
    log: Path

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.ask("GET", path, **options)

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"token {PASSWORD}", **options.pop("headers", {})}
        return httpx.request(method, self.url + path, headers=headers, timeout=30, **options)

    def page(self, path: str = "lab") -> str:
        return f"{self.url}{path}?reset&token={PASSWORD}"


def start_lab(folder: Path, environ: dict[str, str]) -> tuple[subprocess.Popen[bytes], Lab]:
    home, log = folder / "home", folder / "lab.log"
    (home / "tour").mkdir(parents=True)
    (home / "tour/wine.ipynb").write_text(
        notebook(
            "import math",
            'depth: int = 3  # how deep the trees grow\nrate = 0.1\nregion = "Mosel"\nstrict = True\n'
            "grapes = ['riesling', 'elbling']\nlimit = None",
            "print(depth)",
            tagged=1,
        )
    )
    (home / "untagged.ipynb").write_text(notebook("depth = 3"))
    (home / "plain.ipynb").write_text(notebook("depth = 3", "print(depth)"))
    labextensions = folder / "labextensions"
    labextensions.mkdir()
    (labextensions / "notebench").symlink_to(ROOT / "extension/notebench/labextension")
    config = folder / "config"
    (config / "labconfig").mkdir(parents=True)
    quiet = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    (config / "labconfig/page_config.json").write_text(json.dumps(quiet))
    places = {f"JUPYTER_{word}_DIR": str(folder / word.lower()) for word in ("CONFIG", "DATA", "RUNTIME")}
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("NOTEBENCH_", "JUPYTER"))}
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.port=0"),
            *(
                "--ServerApp.ip=127.0.0.1",
                f"--ServerApp.root_dir={home}",
                f"--IdentityProvider.token={PASSWORD}",
            ),
            f"--LabApp.extra_labextensions_path={labextensions}",
            "--LabApp.expose_app_in_browser=True",
            "--ServerApp.jpserver_extensions=notebench.lab=True",
        ],
        env={**kept, **places, "HOME": str(home), "IPYTHONDIR": str(folder / "ipython"), **environ},
        cwd=home,
        stdout=log.open("wb"),
        stderr=subprocess.STDOUT,
    )
    found: list[str] = []
    until(lambda: found.extend(re.findall(r"http://127\.0\.0\.1:\d+/", log.read_text())) or found)
    lab = Lab(found[0], home, log)
    until(lambda: lab.get("api/status").status_code == 200)
    return process, lab


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()


def layer(folder: Path) -> Path:
    """An environment layer with two packages, as metadata."""
    packages = folder / "layer/lib/python3.11/site-packages"
    for name, version in (("xgboost", "3.1.0"), ("shap", "0.50.0")):
        info = packages / f"{name}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    return folder / "layer"


def language_pack(folder: Path) -> Path:
    """An empty German language pack: JupyterLab speaks only languages that it has a pack of."""
    site = folder / "site"
    (site / "german_pack/locale/de_DE/LC_MESSAGES").mkdir(parents=True)
    (site / "german_pack/__init__.py").write_text("")
    info = site / "german_pack-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: german-pack\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[jupyterlab.languagepack]\nde_DE = german_pack\n")
    return site


@pytest.fixture(scope="session")
def lab(running_service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A session of Notebench."""
    folder = tmp_path_factory.mktemp("lab")
    environ = {
        "NOTEBENCH_API_URL": f"{running_service.pages}api/v1",
        "NOTEBENCH_TOKEN": TOKEN,
        "NOTEBENCH_PUBLIC_URL": running_service.pages,
        "NOTEBENCH_USER": "ada",
        "NOTEBENCH_ACTING_FOR": "personal",
        "NOTEBENCH_SESSION_ID": "s-1",
        "NOTEBENCH_IMAGE": "scientific",
        "NOTEBENCH_IMAGE_TITLE": "Scientific",
        "NOTEBENCH_IMAGE_VERSION": "2026.11",
        "NOTEBENCH_PROFILE": "small",
        "NOTEBENCH_LAYER": str(layer(folder)),
        "PYTHONPATH": str(language_pack(folder)),
    }
    process, running = start_lab(folder, environ)
    yield running
    end(process)


@pytest.fixture(scope="session")
def plain_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab that Notebench knows nothing of."""
    process, running = start_lab(tmp_path_factory.mktemp("plain"), {})
    yield running
    end(process)


@pytest.fixture(scope="module")  # its loop must not run while another module's async tests do
def chromium() -> Iterator[Any]:
    found = shutil.which("chromium")
    if not found:
        pytest.skip("Chromium is not installed: ./notebench test installs it.")
    from playwright.sync_api import sync_playwright

    flags = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", *flags])
        yield browser
        browser.close()


@pytest.fixture
def look(chromium: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Opens pages: `look(url, width=…, dark=…, language=…)`; fails the test on errors in the page."""
    contexts: list[Any] = []
    troubles: list[str] = []

    def opener(
        url: str, width: int = 1280, height: int = 900, dark: bool = False, language: str = "en"
    ) -> Any:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale=language,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.set_default_timeout(20_000)
        page.goto(url)
        return page

    yield opener
    for context in contexts:
        context.close()
    assert not troubles, troubles


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Any:
    """Keeps a screenshot among the artifacts."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    return lambda page, name: page.screenshot(path=PICTURES / f"{name}.png")
