"""The panels in a real JupyterLab: side area, main area, commands, notebook toolbar, status bar."""

import json
import re
from typing import Any

import pytest
from notebench.contract.people import Role

from . import samples
from .conftest import Lab, Service, until


@pytest.fixture
def opened(lab: Lab, service: Service, look: Any) -> Any:
    def opener(path: str = "lab", **options: Any) -> Any:
        page = look(lab.page(path), **options)
        page.locator("#jp-main-dock-panel").wait_for(timeout=60_000)
        page.locator(".jp-Spinner, #galata").first.wait_for(state="detached", timeout=60_000)
        return page

    return opener


def run_command(page: Any, command: str, **args: Any) -> None:
    page.evaluate("([id, args]) => { void window.jupyterapp.commands.execute(id, args); }", [command, args])


def open_side(page: Any) -> Any:
    page.locator(
        ".jp-SideBar .lm-TabBar-tab[title=Notebench], .jp-SideBar [data-id=notebench-side]"
    ).first.click()
    side = page.locator("#notebench-side")
    side.wait_for()
    return side


def test_the_side_area_lists_four_rooms(opened: Any, service: Service, picture: Any) -> None:
    page = opened()
    assert not [each for each in service.world.seen if each["path"] == "experiments"], (
        "asked before it was seen"
    )
    side = open_side(page)
    titles = side.locator(".lm-AccordionPanel-title").all_text_contents()
    assert [title.strip() for title in titles] == ["Experiments", "Models", "Deployments", "Notebook runs"]
    side.get_by_text("wine-cultivar", exact=True).first.wait_for()
    side.get_by_text("Cell 3 of 9").wait_for()
    page.wait_for_timeout(500)
    picture(page, "lab-side")
    side.get_by_text("Notebooks", exact=True).click()
    page.locator(".nb-view h1", has_text="Notebooks").wait_for()
    page.get_by_role("link", name="calm-otter-137").wait_for()
    picture(page, "lab-experiment")
    page.get_by_role("link", name="dapper-finch-174").click()
    page.locator(".u-over").first.wait_for()
    page.wait_for_timeout(300)
    picture(page, "lab-mlflow-run")


def test_the_side_area_is_empty_and_failing(opened: Any, service: Service, picture: Any) -> None:
    service.world.mode = "empty"
    page = opened()
    side = open_side(page)
    side.get_by_text("No deployments yet").wait_for()
    page.wait_for_timeout(500)
    picture(page, "lab-side-empty")
    service.world.mode = "failing"
    side.get_by_text("MLflow does not answer.").first.wait_for()
    picture(page, "lab-side-failing")


def test_dark_theme(opened: Any, picture: Any) -> None:
    page = opened()
    open_side(page)
    run_command(page, "apputils:change-theme", theme="JupyterLab Dark")
    page.locator("[data-jp-theme-light=false]").wait_for(state="attached")
    run_command(page, "notebench:open", room="deployments", id="wine")
    page.get_by_role("button", name="Ask the model").wait_for()
    page.wait_for_timeout(800)
    picture(page, "lab-dark-deployment")
    run_command(page, "notebench:open", room="runs", id="r-0003")
    page.get_by_text("ZeroDivisionError").first.wait_for()
    page.wait_for_timeout(500)
    picture(page, "lab-dark-run-failed")
    run_command(page, "apputils:change-theme", theme="JupyterLab Light")
    page.locator("[data-jp-theme-light=true]").wait_for(state="attached")


def test_records_come_back_after_a_reload(opened: Any, lab: Lab) -> None:
    page = opened()
    run_command(page, "notebench:open", room="models", id="wine-cultivar")
    page.get_by_role("heading", name="wine-cultivar").wait_for()
    page.wait_for_timeout(2500)  # JupyterLab saves its layout a moment later
    page.goto(f"{lab.url}lab")
    page.get_by_role("heading", name="wine-cultivar").wait_for(timeout=60_000)


def test_launcher_and_palette(opened: Any, picture: Any) -> None:
    page = opened()
    page.locator(".jp-Launcher-sectionTitle", has_text="Notebench").wait_for()
    page.wait_for_timeout(500)
    picture(page, "lab-launcher")
    page.locator(".jp-LauncherCard", has_text="Deployments").click()
    page.locator(".nb-view h1", has_text="Deployments").wait_for()
    run_command(page, "apputils:activate-command-palette")
    page.locator("#modal-command-palette input").fill("Notebench")
    page.locator("#modal-command-palette .lm-CommandPalette-item", has_text="Schedules").wait_for()


def open_notebook(page: Any, path: str) -> Any:
    run_command(page, "docmanager:open", path=path)
    panel = page.locator(".jp-NotebookPanel:visible")
    panel.locator(".jp-CodeCell").first.wait_for(timeout=60_000)
    dialog = page.locator(".jp-Dialog")
    page.wait_for_timeout(1500)
    if dialog.count():
        dialog.get_by_role("button").last.click()
    return panel


def test_runs_the_open_notebook(opened: Any, service: Service, picture: Any) -> None:
    page = opened()
    panel = open_notebook(page, "tour/wine.ipynb")
    page.wait_for_timeout(500)
    picture(page, "lab-notebook-toolbar")
    panel.get_by_role("button", name="Run this notebook once").click()
    dialog = page.get_by_role("dialog", name="Run a notebook")
    dialog.get_by_label("depth").wait_for()
    dialog.get_by_label("Image").wait_for()
    picture(page, "lab-run-dialog")
    assert dialog.get_by_label("depth").get_attribute("placeholder") == "3"
    dialog.get_by_label("depth").fill("many")
    dialog.get_by_role("button", name="Run it", exact=True).click()
    assert "does not fit its type" in dialog.get_by_role("alert").inner_text()
    dialog.get_by_label("depth").fill("5")
    dialog.get_by_label("strict").select_option("false")
    dialog.get_by_label("grapes").fill('["spätburgunder"]')
    dialog.get_by_label("Hardware profile").select_option("medium")
    dialog.get_by_role("button", name="Run it", exact=True).click()
    page.locator(".nb-view h1", has_text="wine.ipynb").wait_for()
    ((_, _, body),) = service.world.writes()
    assert body["notebook"] == "tour/wine.ipynb"
    assert body["parameters"] == {"depth": 5, "strict": False, "grapes": ["spätburgunder"]}
    assert body["profile"] == "medium"


def test_a_viewer_is_told_why_nothing_can_be_run(opened: Any, service: Service, picture: Any) -> None:
    service.world.role = Role.viewer
    page = opened()
    panel = open_notebook(page, "tour/wine.ipynb")
    refused = panel.get_by_role("button", name="You may read in the project")
    until(lambda: refused.count() == 2, 20)
    assert all(button.is_disabled() for button in refused.all())
    run_command(page, "notebench:open", room="deployments", id="wine")
    page.get_by_role("button", name="Ask the model").wait_for()
    assert page.get_by_role("button", name="Stop", exact=True).is_disabled()
    picture(page, "lab-viewer")


def test_makes_the_parameters_cell_with_one_click(opened: Any, lab: Lab) -> None:
    page = opened()
    panel = open_notebook(page, "plain.ipynb")
    panel.locator(".jp-CodeCell").first.click()
    panel.get_by_role("button", name=re.compile("Notebook runs replace")).click()
    until(lambda: "parameters" in (lab.home / "plain.ipynb").read_text(), 20)
    cells = json.loads((lab.home / "plain.ipynb").read_text())["cells"]
    assert [cell["metadata"].get("tags") for cell in cells] == [["parameters"], None]
    panel.get_by_role("button", name="Run this notebook at fire times").click()
    dialog = page.get_by_role("dialog", name="Schedule a notebook")
    assert dialog.get_by_label("depth").get_attribute("placeholder") == "3"
    assert dialog.get_by_label("Name", exact=True).input_value() == "plain"
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")


def test_the_status_bar_says_what_this_session_is(opened: Any, picture: Any) -> None:
    page = opened()
    item = page.get_by_role("button", name="Personal · Scientific 2026.11 · +2 packages")
    item.click()
    page.get_by_text("xgboost 3.1.0").wait_for()
    picture(page, "lab-status")


def test_outside_of_notebench_it_says_so(plain_lab: Lab, look: Any, picture: Any) -> None:
    page = look(plain_lab.page())
    page.get_by_role("button", name="Notebench: not connected").wait_for(timeout=60_000)
    open_side(page).get_by_text("This JupyterLab was not started by Notebench.").first.wait_for()
    picture(page, "lab-outside")


def test_output_notebooks_open_as_files(opened: Any, lab: Lab, service: Service) -> None:
    target = lab.home / samples.RUNS[3].output
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text((lab.home / "plain.ipynb").read_text())
    page = opened()
    run_command(page, "notebench:open", room="runs", id="r-0003")
    page.get_by_role("button", name="Open the output notebook").click()
    page.locator(".jp-NotebookPanel:visible .jp-CodeCell").first.wait_for(timeout=60_000)


def test_hidden_views_do_not_ask(opened: Any, service: Service) -> None:
    page = opened()
    run_command(page, "notebench:open", room="deployments")
    page.locator(".nb-view h1", has_text="Deployments").wait_for()
    run_command(page, "notebench:open", room="models")
    page.locator(".nb-view h1", has_text="Models").wait_for()
    service.world.seen.clear()
    page.wait_for_timeout(7000)
    assert not [each for each in service.world.seen if each["path"] == "deployments"]


def test_speaks_german(opened: Any, lab: Lab, picture: Any) -> None:
    settings = "lab/api/settings/@jupyterlab/translation-extension:plugin"
    assert lab.ask("PUT", settings, json={"raw": '{"locale": "de_DE"}'}).status_code == 204
    try:
        page = opened()
        side = open_side(page)
        side.get_by_text("Notebook-Läufe").first.wait_for()
        side.get_by_text("Zelle 3 von 9").wait_for()
        picture(page, "lab-german")
        page.get_by_role("button", name="Persönlich · Scientific 2026.11 · +2 Pakete").wait_for()
    finally:
        lab.ask("PUT", settings, json={"raw": '{"locale": "default"}'})
