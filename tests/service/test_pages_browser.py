"""The standalone pages in a real browser: the views run under our policy, without a running server."""

import shutil
from collections.abc import Iterator

import pytest
from notebench_hub.service.pages.shell import STATIC
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.service.town import Town

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]

pytestmark = [
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium here"),
    pytest.mark.skipif(not (STATIC / "page.js").is_file(), reason="the panels' pages are not built"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser, town: Town) -> Iterator[Page]:
    context = browser.new_context(base_url=town.url, locale="en-US")
    yield context.new_page()
    context.close()


def _login(page: Page, town: Town, name: str) -> None:
    page.locator("input[name=username]").fill(name)
    page.locator("input[name=password]").fill(town.passwords[name])
    page.locator("input[name=password]").press("Enter")


def test_a_link_leads_through_the_login_to_its_page(page: Page, town: Town) -> None:
    broken: list[str] = []
    page.on("console", lambda message: broken.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.goto("services/notebench/runs?for=alloys")
    _login(page, town, "ana")
    page.wait_for_url("**/services/notebench/runs?for=alloys")
    expect(page.get_by_role("navigation")).to_be_visible()
    expect(page.get_by_label("Acting for")).to_have_value("alloys")
    expect(page.get_by_text("Loading")).to_have_count(0)
    assert broken == []
    assert "token" not in page.evaluate(
        "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
    )


def test_what_fails_is_said_in_the_readers_language(browser: Browser, town: Town) -> None:
    """MLflow is not part of this town."""
    context = browser.new_context(base_url=town.url, locale="de-DE")
    page = context.new_page()
    page.goto("services/notebench/experiments")
    _login(page, town, "ana")
    page.wait_for_url("**/services/notebench/experiments")
    expect(page.get_by_role("alert").first).to_contain_text("MLflow")
    context.close()
