"""A full home in JupyterLab: why, what fills it, deleting, and the word in the status bar."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.homes.small import fill, small_disk

from .conftest import TOKEN, Lab, Service, end, language_pack, start_lab
from .test_lab import run_command

MIB = 2**20


@pytest.fixture
def full_lab(running_service: Service, tmp_path: Path) -> Iterator[Lab]:
    """A session in the safe mode, as far as JupyterLab knows, whose home is a small disk."""
    environ = {
        "NOTEBENCH_API_URL": f"{running_service.pages}api/v1",
        "NOTEBENCH_TOKEN": TOKEN,
        "NOTEBENCH_SAFE_MODE": str(tmp_path),
        "PYTHONPATH": str(language_pack(tmp_path)),
    }
    with small_disk(tmp_path / "home", 64) as home:
        for path, size in (
            (".cache/pip/http/torch-2.12.0.whl", 14 * MIB),
            ("data/2026-11/measurements.parquet", 17 * MIB),
            ("data/2026-10/measurements.parquet", 9 * MIB),
            ("work/.ipynb_checkpoints/wine-checkpoint.ipynb", MIB),
            (".local/share/Trash/files/old.csv", 3 * MIB),
        ):
            (home / path).parent.mkdir(parents=True, exist_ok=True)
            (home / path).write_bytes(b"x" * size)
        process, running = start_lab(tmp_path, environ)
        fill(home, name="core.12345")
        yield running
        end(process)


def show(page: Any, lab: Lab) -> Any:
    page.goto(lab.page())
    view = page.locator("#notebench-home")
    view.get_by_role("table").first.wait_for(timeout=90_000)
    page.wait_for_timeout(800)
    return view


def test_a_full_home_is_shown_and_cleared(full_lab: Lab, look: Any, picture: Any) -> None:
    page = look(full_lab.page())
    view = page.locator("#notebench-home")  # opens by itself
    view.get_by_text("Your home was full, so this session runs in the safe mode.").wait_for(timeout=90_000)
    view.get_by_role("table", name="Largest files").get_by_text("core.12345").wait_for()
    safe = view.get_by_role("table", name="Can go without loss")
    safe.get_by_text(".local/share/Trash", exact=True).wait_for()
    assert view.get_by_role("button", name="Restart normally").is_disabled()
    page.get_by_role("button", name="Home full").wait_for()
    page.wait_for_timeout(800)
    picture(page, "home-full")
    run_command(page, "apputils:change-theme", theme="JupyterLab Dark")
    page.locator("[data-jp-theme-light=false]").wait_for(state="attached")
    page.wait_for_timeout(800)
    picture(page, "home-full-dark")
    run_command(page, "apputils:change-theme", theme="JupyterLab Light")
    settings = "lab/api/settings/@jupyterlab/translation-extension:plugin"
    assert full_lab.ask("PUT", settings, json={"raw": '{"locale": "de_DE"}'}).status_code == 204
    view = show(page, full_lab)
    view.get_by_text("Ihr Home-Verzeichnis war voll").wait_for()
    picture(page, "home-full-german")
    assert full_lab.ask("PUT", settings, json={"raw": '{"locale": "default"}'}).status_code == 204
    view = show(page, full_lab)
    view.get_by_role("button", name="Delete data/2026-11/measurements.parquet").click()
    dialog = page.get_by_role("dialog", name="Delete")
    assert "there is no trash" in dialog.inner_text()
    picture(page, "home-delete")
    dialog.get_by_role("button", name="Delete", exact=True).click()
    view.get_by_text("There is room again.").wait_for()
    assert not (full_lab.home / "data/2026-11/measurements.parquet").exists()
    view.locator("button:enabled", has_text="Restart normally").wait_for()
    picture(page, "home-room-again")
    assert json.loads(full_lab.get("notebench/home").text)["safe"]
