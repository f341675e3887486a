"""The standalone pages: the same views in plain pages, in every state, by keyboard, narrow and dark."""

import re
from typing import Any

import pytest
from notebench.contract.people import Role

from . import samples
from .conftest import ROOT, Service, until

ROOMS = ["experiments", "models", "deployments", "runs", "schedules", "audit"]
RECORDS = {
    "experiment": "experiments/1",
    "mlflow-run": f"experiments/runs/{samples.MLFLOW_RUNS[2].id}",
    "compare": f"experiments/compare/{samples.MLFLOW_RUNS[1].id},{samples.MLFLOW_RUNS[2].id}",
    "model": "models/wine-cultivar",
    "deployment": "deployments/wine",
    "deployment-failing": "deployments/broken",
    "run": "runs/r-0000",
    "run-failed": "runs/r-0003",
    "schedule": "schedules/p-1",
}


def settled(page: Any) -> None:
    page.locator(".nb-view").first.wait_for()
    until(lambda: page.locator(".nb-loading").count() == 0, 20)
    page.wait_for_timeout(250)


def fits(page: Any) -> bool:
    """Nothing makes the page itself scroll sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


@pytest.mark.parametrize("room", ROOMS)
def test_lists_are_filled_empty_and_failing(room: str, service: Service, look: Any, picture: Any) -> None:
    page = look(service.pages + room)
    settled(page)
    assert page.locator(".nb-table tbody tr").count() >= 2
    picture(page, f"page-{room}-filled")
    service.world.mode = "empty"
    page.reload()
    settled(page)
    assert page.locator(".nb-empty button").count() == 1
    picture(page, f"page-{room}-empty")
    service.world.mode = "failing"
    page.reload()
    settled(page)
    alert = page.get_by_role("alert")
    assert "MLflow does not answer." in alert.inner_text()
    assert re.search(r"Reference: [0-9a-f]{8}", alert.inner_text())
    picture(page, f"page-{room}-failing")
    service.world.mode = "filled"
    page.get_by_role("button", name="Try again").click()
    page.locator(".nb-table tbody tr").first.wait_for()


@pytest.mark.parametrize("name", RECORDS)
def test_records_at_their_addresses(name: str, service: Service, look: Any, picture: Any) -> None:
    page = look(service.pages + RECORDS[name])
    settled(page)
    page.wait_for_timeout(400)
    assert page.locator(".nb-view h1").inner_text()
    picture(page, f"page-{name}")
    assert page.title() != "owned"


@pytest.mark.parametrize("name", [*ROOMS, *RECORDS])
def test_works_at_400_pixels_and_in_the_dark(name: str, service: Service, look: Any, picture: Any) -> None:
    page = look(service.pages + RECORDS.get(name, name), width=400, height=800, dark=True)
    settled(page)
    picture(page, f"page-{name}-narrow-dark")
    assert fits(page)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["runs", "models", "audit", *RECORDS])
def test_axe_finds_nothing(name: str, dark: bool, service: Service, look: Any) -> None:
    page = look(service.pages + RECORDS.get(name, name), dark=dark)
    settled(page)
    page.evaluate((ROOT / "extension/node_modules/axe-core/axe.min.js").read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in found] == []


def test_old_data_stays_while_the_service_is_away(service: Service, look: Any, picture: Any) -> None:
    page = look(service.pages + "deployments")
    settled(page)
    service.world.mode = "failing"
    page.get_by_role("alert").wait_for()
    assert page.locator(".nb-table tbody tr").count() == 4
    picture(page, "page-deployments-stale")


def test_keyboard_alone(service: Service, look: Any) -> None:
    page = look(service.pages + "deployments")
    settled(page)
    page.locator(".nb-table-frame").focus()
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('tbody [data-nb-stop]')"):
            break
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent") == "wine-next"
    page.keyboard.press("Enter")
    page.wait_for_url("**/deployments/wine-next*")
    page.go_back()
    settled(page)
    page.get_by_role("button", name="Name").focus()
    page.keyboard.press("Enter")
    assert page.locator("th[aria-sort=ascending]").inner_text().startswith("Name")


def test_choices_of_whom_and_language(service: Service, look: Any, picture: Any) -> None:
    page = look(service.pages + "models")
    settled(page)
    page.get_by_label("Acting for").select_option("wine-quality")
    page.wait_for_url("**/models?for=wine-quality")
    settled(page)
    assert service.world.seen[-1]["headers"]["notebench-acting-for"] == "wine-quality"
    page.get_by_label("Language").select_option("de_DE")
    page.get_by_role("navigation", name="Räume").wait_for()
    settled(page)
    assert service.world.seen[-1]["headers"]["accept-language"] == "de-DE"
    picture(page, "page-models-german")


def test_runs_filter_choose_columns_compare(service: Service, look: Any, picture: Any) -> None:
    page = look(service.pages + "experiments/1")
    settled(page)
    page.get_by_label("Search the runs shown").fill("calm")
    assert page.locator("tbody tr").count() < len(samples.MLFLOW_RUNS)
    page.get_by_label("Search the runs shown").fill("")
    page.get_by_text("Columns", exact=True).click()
    page.get_by_label("training_seconds").uncheck()
    picture(page, "page-experiment-columns")
    page.get_by_text("Columns", exact=True).click()
    assert page.get_by_role("button", name="training_seconds").count() == 0
    page.get_by_label("Filter in MLflow’s syntax").fill("metrics.accuracy > 2")
    page.get_by_role("button", name="Filter", exact=True).click()
    page.get_by_text("No run matches the filter").wait_for()
    page.get_by_role("button", name="Remove the filter").click()
    page.locator("tbody tr").nth(3).wait_for()
    page.get_by_role("button", name="accuracy", exact=True).click()
    values = [float(text) for text in page.locator("tbody tr td:nth-child(7)").all_inner_texts()]
    assert values == sorted(values, reverse=True) or values == sorted(values)
    boxes = page.get_by_role("checkbox", name=re.compile("for comparison"))
    boxes.nth(1).check()
    boxes.nth(2).check()
    page.get_by_role("button", name=re.compile("Compare selected")).click()
    page.get_by_role("heading", name="Compare runs").wait_for()


def test_a_filter_that_mlflow_refuses_says_so(service: Service, look: Any) -> None:
    page = look(service.pages + "experiments/1")
    settled(page)
    page.get_by_label("Filter in MLflow’s syntax").fill("nonsense")
    page.get_by_role("button", name="Filter", exact=True).click()
    assert "does not understand" in page.get_by_role("alert").inner_text()


def test_artifacts_are_seen_and_never_run(service: Service, look: Any, picture: Any) -> None:
    page = look(service.pages + RECORDS["mlflow-run"])
    settled(page)
    page.get_by_role("tab", name="Artifacts").click()
    page.get_by_role("button", name=re.compile("confusion.svg")).click()
    page.locator("img.nb-image").wait_for()
    picture(page, "page-artifacts-image")
    page.get_by_role("button", name=re.compile("report.html")).click()
    frame = page.locator("iframe")
    frame.wait_for()
    assert frame.get_attribute("sandbox") == ""
    page.wait_for_timeout(500)
    picture(page, "page-artifacts-html")
    page.locator("summary", has_text="model").click()
    page.get_by_role("button", name=re.compile("MLmodel")).click()
    page.get_by_text("loader_module").wait_for()
    assert page.title() != "owned"


def test_registers_a_model(service: Service, look: Any, picture: Any) -> None:
    page = look(service.pages + RECORDS["mlflow-run"])
    settled(page)
    page.get_by_role("button", name="Register model…").click()
    dialog = page.get_by_role("dialog", name="Register model")
    dialog.get_by_label("Model name").fill("wine-cultivar")
    dialog.get_by_label("Alias").fill("challenger")
    picture(page, "page-register")
    dialog.get_by_role("button", name="Register", exact=True).click()
    page.wait_for_url("**/models/wine-cultivar*")
    ((_, path, body),) = service.world.writes()
    assert (path, body["name"], body["alias"], body["model"]) == (
        "models",
        "wine-cultivar",
        "challenger",
        "model",
    )
    assert service.world.seen[-1]["headers"].get("cookie") is None
    written = next(each for each in service.world.seen if each["method"] == "POST")
    assert written["headers"]["x-notebench"] == "1"


def test_aliases_and_deploy(service: Service, look: Any, picture: Any) -> None:
    page = look(service.pages + "models/wine-cultivar")
    settled(page)
    page.get_by_label("New alias for version 1").fill("v1")
    page.get_by_label("New alias for version 1").press("Enter")
    assert "looks like a version" in page.get_by_role("alert").inner_text()
    page.get_by_label("New alias for version 1").fill("oldest")
    page.get_by_label("New alias for version 1").press("Enter")
    page.get_by_text("@oldest").wait_for()
    page.get_by_role("button", name="Remove the alias oldest").click()
    page.get_by_text("@oldest").wait_for(state="detached")
    page.get_by_role("button", name="Deploy…").nth(1).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Image").wait_for()
    picture(page, "page-deploy")
    dialog.get_by_label("Deployment name").fill("taken")
    dialog.get_by_role("button", name="Deploy", exact=True).click()
    dialog.get_by_text("The name taken is in use.").first.wait_for()
    dialog.get_by_label("Deployment name").fill("wine-3")
    dialog.get_by_role("button", name="Deploy", exact=True).click()
    page.wait_for_url("**/deployments/wine-3*")
    assert service.world.writes()[-1][2]["version"] == "3"


def test_tries_a_model(service: Service, look: Any, picture: Any) -> None:
    page = look(service.pages + "deployments/wine")
    settled(page)
    assert page.get_by_label("alcohol").input_value() == "13.2"
    page.get_by_role("button", name="Ask the model").click()
    page.get_by_text('"predictions"').wait_for()
    body = next(body for _, path, body in service.world.writes() if path == "endpoints/d-wine")
    split = body["dataframe_split"]
    assert dict(zip(split["columns"], split["data"][0], strict=True)) == {
        "alcohol": 13.2,
        "malic_acid": 1.78,
        "ash": 2.14,
        "vintage": 2019,
        "region": "Mosel",
    }
    page.get_by_label("alcohol").fill("plenty")
    page.get_by_role("button", name="Ask the model").click()
    page.locator("[aria-invalid]").wait_for()
    picture(page, "page-try")
    shown = page.locator(".nb-snippet").all_inner_texts()
    assert "$NOTEBENCH_TOKEN" in shown[0]
    assert 'os.environ["NOTEBENCH_TOKEN"]' in shown[1]


def test_stops_starts_and_deletes_a_deployment(service: Service, look: Any, picture: Any) -> None:
    page = look(service.pages + "deployments/wine")
    settled(page)
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Stop").wait_for()
    page.get_by_role("tab", name="Log").click()
    page.get_by_text("Listening.").wait_for()
    page.get_by_role("button", name="Delete…").click()
    picture(page, "page-delete")
    page.keyboard.press("Escape")
    assert "wine" in service.world.deployments
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    page.wait_for_url("**/deployments?*")
    assert "wine" not in service.world.deployments


def test_cancels_and_repeats_runs(service: Service, look: Any, picture: Any) -> None:
    page = look(service.pages + "runs/r-0000")
    settled(page)
    assert "Cell 3 of 9" in page.locator(".nb-view").inner_text()
    page.get_by_role("button", name="Cancel the run…").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the run").click()
    page.get_by_text("Cancelled by ada.").wait_for()
    page.get_by_role("button", name="Run again…").click()
    dialog = page.get_by_role("dialog", name="Run a notebook")
    assert dialog.get_by_label("region").input_value() == "Mosel"
    picture(page, "page-run-again")
    dialog.get_by_role("button", name="Run it", exact=True).click()
    page.wait_for_url("**/runs/r-0099*")
    assert service.world.writes()[-1][2]["parameters"] == {"depth": 3, "region": "Mosel"}


def test_makes_and_changes_schedules(service: Service, look: Any, picture: Any) -> None:
    page = look(service.pages + "schedules")
    settled(page)
    page.get_by_role("button", name="Schedule a notebook…").click()
    dialog = page.get_by_role("dialog", name="Schedule a notebook")
    dialog.get_by_label("Name", exact=True).fill("Nightly")
    dialog.get_by_label("Notebook").fill("tour/wine.ipynb")
    dialog.get_by_label("Cron expression", exact=True).fill("every day")
    assert "is not a cron expression" in dialog.get_by_role("alert").inner_text()
    dialog.get_by_label("When").select_option("0 6 * * 1-5")
    dialog.get_by_text("27 November 2026").wait_for()
    dialog.get_by_label("Image").wait_for()
    picture(page, "page-schedule-dialog")
    dialog.get_by_role("button", name="Schedule it", exact=True).click()
    page.wait_for_url("**/schedules/p-9*")
    _, _, made = service.world.writes()[-1]
    assert (made["name"], made["cron"]) == ("Nightly", "0 6 * * 1-5")
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Resume").wait_for()
    page.get_by_role("button", name="Run now").click()
    page.wait_for_url("**/runs/r-0000*")


CHANGES = {
    "runs": ["Run a notebook…"],
    "runs/r-0000": ["Cancel the run…"],
    "runs/r-0003": ["Run again…"],
    "schedules": ["Schedule a notebook…"],
    "schedules/p-1": ["Run now", "Pause", "Change…", "Delete…"],
    "models/wine-cultivar": ["Deploy…", "Set alias", "Remove the alias champion"],
    "deployments/wine": ["Stop", "Delete…"],
    RECORDS["mlflow-run"]: ["Register model…"],
}
"""What only editors and owners may do, by where it is offered."""


@pytest.mark.parametrize("address", CHANGES)
def test_what_a_viewer_may_not_is_not_offered(
    address: str, service: Service, look: Any, picture: Any
) -> None:
    service.world.role = Role.viewer
    page = look(f"{service.pages}{address}?for=wine-quality", dark=address.startswith("sch"))
    settled(page)
    name = address.replace("/", "-")
    picture(page, f"page-viewer-{name}")

    def buttons() -> list[Any]:
        found = [page.get_by_role("button", name=word, exact=True).first for word in CHANGES[address]]
        return [button for button in found if button.count()]

    assert len(buttons()) == len(CHANGES[address])
    assert page.get_by_text("but not change anything").is_visible()
    for button in buttons():
        assert button.is_disabled()
        assert "You may read in the project wine-quality" in button.get_attribute("title")
    # Somebody has made the reader an editor, and the reader comes back to the page.
    service.world.role = Role.editor
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    until(lambda: all(button.is_enabled() for button in buttons()), 10)
    assert not any(button.get_attribute("title") for button in buttons())
    picture(page, f"page-editor-{name}")


def test_a_viewer_still_asks_the_model(service: Service, look: Any) -> None:
    service.world.role = Role.viewer
    page = look(service.pages + "deployments/wine?for=wine-quality")
    settled(page)
    page.get_by_role("button", name="Ask the model").click()
    page.get_by_text('"predictions"').wait_for()


def test_names_that_are_html_stay_text(service: Service, look: Any) -> None:
    for path in ("experiments", "experiments/1", "experiments/3"):
        page = look(service.pages + path)
        settled(page)
        page.wait_for_timeout(300)
        assert page.title() != "owned"
        assert page.locator("#notebench img, #notebench script").count() == 0


def test_the_audit_is_filtered_and_paged(service: Service, look: Any, picture: Any) -> None:
    page = look(service.pages + "audit?for=personal&what=token-make")
    settled(page)
    assert page.locator(".nb-table tbody tr").count() == 1
    page.get_by_text("Details").click()
    picture(page, "page-audit-details")
    assert page.title() != "owned"
    page.get_by_label("Action").select_option("")
    until(lambda: page.locator(".nb-table tbody tr").count() == samples.AUDIT_PAGE)
    assert "what=" not in page.url
    frame = page.locator(".nb-table-frame")
    assert frame.evaluate("frame => frame.scrollWidth <= frame.clientWidth"), "no column is cut"
    first = page.locator(".nb-table tbody tr").first.inner_text()
    page.get_by_role("button", name="Older entries").click()
    until(lambda: page.locator(".nb-table tbody tr").first.inner_text() != first)
    page.get_by_role("button", name="Newest entries").click()
    until(lambda: page.locator(".nb-table tbody tr").first.inner_text() == first)
    page.get_by_label("Who did it").fill("bob")
    until(lambda: page.locator(".nb-table tbody tr").count() == 1)
    assert "who=bob" in page.url
    page.get_by_label("Who did it").fill("nobody")
    page.get_by_text("Nothing fits these filters.").wait_for()
    picture(page, "page-audit-nothing-fits")
    page.get_by_role("button", name="Clear the filters").click()
    until(lambda: page.locator(".nb-table tbody tr").count() == samples.AUDIT_PAGE)
    href = page.get_by_role("link", name="Save as JSON lines").get_attribute("href")
    assert href.startswith("/services/notebench/api/v1/audit/export")
