"""The story, from the first sign-in to a scheduled run that ends after the session was stopped.

Written once: what differs between installations is in the fixture `installation`.
"""

import re
import time

import pytest
from playwright.sync_api import Browser, expect

from tests.installation import Installation, wait_for
from tests.journey.person import SLOW, Person

SUCCEEDED = re.compile("Succeeded")


@pytest.fixture(scope="module")
def people(installation: Installation, browser: Browser) -> tuple[Person, Person]:
    names = ("ada", "grace")
    passwords = {name: installation.add_user(name) for name in names}
    installation.add_project("vintage", "ada:owner", "grace:editor")
    ada, grace = (Person(browser, installation.url, name, passwords[name]) for name in names)
    return ada, grace


def train(ada: Person) -> None:
    """Run the first tour notebook in JupyterLab."""
    ada.open_notebook("tour/01-train-and-compare.ipynb")
    ada.run_all_cells()
    ada.picture("trained")


def register(ada: Person) -> None:
    """Find the run in the panels and register its model."""
    ada.area().get_by_text("Notebooks", exact=True).click()
    ada.page.get_by_text("wine: forest", exact=True).locator("visible=true").first.click()
    ada.picture("run")
    ada.page.get_by_role("button", name="Register model…").locator("visible=true").first.click()
    ada.dialog.get_by_label("Model name").fill("wine")
    ada.dialog.get_by_label("Alias (optional)").fill("champion")
    ada.picture("register")
    ada.dialog.get_by_role("button", name="Register").click()
    expect(ada.dialog).to_have_count(0)


def deploy(ada: Person) -> None:
    """Deploy it, and wait until it is ready."""
    ada.page.get_by_role("button", name="Deploy…").locator("visible=true").first.click()
    ada.dialog.get_by_label("Deployment name").fill("wine")
    ada.picture("deploy")
    ada.dialog.get_by_role("button", name="Deploy", exact=True).click()
    expect(ada.dialog).to_have_count(0)
    expect(ada.page.get_by_role("button", name="Ask the model")).to_be_enabled(timeout=SLOW)


def try_it(ada: Person) -> None:
    """Ask the model with its own input example."""
    ada.page.get_by_role("button", name="Ask the model").click()
    expect(ada.page.locator(".nb-answer")).to_contain_text("predictions", timeout=30_000)
    ada.picture("answer")


def schedule(ada: Person) -> None:
    """Schedule the nightly report for every minute."""
    ada.open_notebook("tour/04-nightly-report.ipynb")
    ada.toolbar("Run this notebook at fire times")
    ada.dialog.get_by_label("Name", exact=True).fill("Every minute")
    ada.dialog.get_by_label("When").select_option("")
    ada.dialog.get_by_label("Cron expression").fill("* * * * *")
    expect(ada.dialog.locator(".nb-meaning")).to_contain_text("minute", timeout=10_000)
    ada.picture("schedule")
    ada.dialog.get_by_role("button", name=re.compile("^Schedule( it)?$")).click()
    expect(ada.dialog).to_have_count(0)


def fires_without_a_session(ada: Person, installation: Installation) -> None:
    """Nobody's server is running; the schedule fires all the same, and the page says so."""
    ada.stop_session()
    stopped = time.time()
    with installation.api(installation.token("ada")) as api:

        def fired() -> bool:
            runs = api.get("runs").json()["runs"]
            return any(
                run["state"] == "succeeded" and run["schedule"] and _moment(run["started"]) > stopped
                for run in runs
            )

        wait_for(fired, 240, "a scheduled run that began after the session was stopped", 2)
        (kept,) = api.get("schedules").json()
        api.delete(f"schedules/{kept['id']}").raise_for_status()
    page = ada.read("runs")
    expect(page.get_by_text(SUCCEEDED).first).to_be_visible()
    ada.picture("runs-page", page)
    page.close()


def _moment(text: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(text).timestamp()


def sees_nothing_personal(grace: Person, installation: Installation) -> None:
    """No page shows grace what is ada's, and no address of ada's opens for her."""
    for room, word in (
        ("experiments", "wine"),
        ("models", "wine"),
        ("deployments", "wine"),
        ("runs", "report"),
    ):
        page = grace.read(room)
        assert word not in page.inner_text("body").lower(), f"{room} shows what is not hers"
        grace.picture(f"{room}-empty", page)
        page.close()
    with installation.api(installation.token("ada")) as hers:
        deployment = hers.get("deployments/wine").json()
        run = hers.get("runs").json()["runs"][0]["id"]
    with installation.api(installation.token("grace")) as api:
        assert api.get("deployments").json() == []
        assert api.get("models").json() == []
        assert api.get("deployments/wine").status_code == 404
        assert api.get(f"runs/{run}").status_code == 404
        endpoint = f"{installation.url}services/notebench/endpoints/{deployment['id']}/invocations"
        assert api.post(endpoint, json={"inputs": []}).status_code in {403, 404}


def share_through_the_project(ada: Person, grace: Person) -> None:
    """Grace trains for the project; ada reads it without a server."""
    grace.start("Scientific Python", "Small", "Project vintage")
    expect(grace.page.locator("#jp-bottom-panel, .jp-StatusBar-Widget").first).to_contain_text("vintage")
    train(grace)
    page = ada.read("experiments", "vintage")
    page.get_by_role("link", name="Notebooks").click()
    expect(page.get_by_text("wine: forest").first).to_be_visible()
    ada.picture("project-experiment", page)
    page.close()
    page = ada.read("experiments")
    page.get_by_role("link", name="Notebooks").click()
    expect(page.get_by_text("wine: forest")).to_have_count(1)
    page.close()
    grace.stop_session()


@pytest.mark.timeout(1500)
def test_from_first_sign_in_to_a_scheduled_run(
    installation: Installation, people: tuple[Person, Person]
) -> None:
    ada, grace = people
    ada.sign_in()
    ada.start("Scientific Python", "Small")
    ada.picture("lab")
    train(ada)
    register(ada)
    deploy(ada)
    try_it(ada)
    schedule(ada)
    grace.sign_in()
    fires_without_a_session(ada, installation)
    sees_nothing_personal(grace, installation)
    share_through_the_project(ada, grace)
