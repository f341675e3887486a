"""The hub's pages in a real browser: keyboard, search, three languages, a start that is watched."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from notebench_spawner import processes
from playwright.sync_api import Browser, Page, expect, sync_playwright

from .workbench import Person, Workbench, wait_for

CHROMIUM = os.environ.get("NOTEBENCH_CHROMIUM", "/usr/bin/chromium")
SHOTS = os.environ.get("NOTEBENCH_SCREENSHOTS", "")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        opened = play.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        yield opened
        opened.close()


@pytest.fixture
def open_page(bench: Workbench, browser: Browser) -> Iterator[Callable[..., Page]]:
    """A signed-in page; what the browser complains about fails the test."""
    complaints: list[str] = []
    contexts = []

    def make(**options: Any) -> Page:
        context = browser.new_context(**{"locale": "en-US", **options})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None
        )
        page.goto(bench.url)
        page.fill("#username_input", "admin")
        page.fill("#password_input", bench.admin_password())
        page.click("#login_submit")
        expect(page.locator("#spawn_form")).to_be_visible()
        return page

    yield make
    for context in contexts:
        context.close()
    assert not complaints


@pytest.fixture(autouse=True)
def nothing_left(bench: Workbench) -> Iterator[None]:
    yield
    admin = Person(bench, "admin", bench.admin_password())
    for name in list(admin.api("GET", "users/admin").json()["servers"]):
        admin.api("DELETE", f"users/admin/servers/{name}" if name else "users/admin/server")
    wait_for(lambda: not processes.running(bench.place.workloads), 30, bench.log)


def shot(page: Page, name: str) -> None:
    """A picture for people, where somebody wants them."""
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"hub-{name}.png", full_page=True)


def test_choose_by_keyboard_watch_the_start_and_arrive(
    bench: Workbench, open_page: Callable[..., Page]
) -> None:
    page = open_page()
    shot(page, "start")
    page.focus("input[name=image]:checked")
    page.keyboard.press("ArrowRight")
    assert page.locator("input[name=image]:checked").get_attribute("value") == "minimal"
    # `minimal` runs on `small` only: the others say so and cannot be chosen.
    medium = page.locator("input[name=profile][value=medium]")
    expect(medium).to_be_disabled()
    expect(page.locator("label", has=medium).locator(".nb-reason")).to_have_text(
        "The chosen image does not run on it."
    )
    expect(page.locator("#summary")).to_have_text("Minimal 2026.11 · Small · personal")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert page.locator("input[name=acting_for]:checked").get_attribute("value") == "churn"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/user/admin/lab**", timeout=60_000)
    asked = bench.service.asked[-1]
    assert (asked.image, asked.profile, asked.acting_for) == ("minimal", "small", "churn")
    page.goto(bench.url + "hub/home")
    expect(page.get_by_text("minimal · small · for project churn")).to_be_visible()
    shot(page, "servers")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("not running")).to_be_visible(timeout=30_000)
    page.get_by_role("link", name="Start", exact=True).last.click()
    assert page.locator("input[name=acting_for]:checked").get_attribute("value") == "churn"


def test_what_cannot_be_chosen_says_why(open_page: Callable[..., Page]) -> None:
    page = open_page()
    gpu = page.locator("label", has=page.locator("input[name=profile][value=gpu]"))
    expect(gpu.locator("input")).to_be_disabled()
    expect(gpu).to_contain_text("This machine has no GPU.")
    expect(page.get_by_text("people who trust each other")).to_be_visible()
    expect(page.get_by_text("measured every second")).to_be_visible()


def test_search(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.locator("input[name=image][value=scientific]").check()
    page.fill("#search", "TORCH")
    expect(page.get_by_text("Neural networks with PyTorch")).to_be_visible()
    expect(page.get_by_text("JupyterLab and what Notebench needs")).to_be_hidden()
    expect(page.locator("input[name=image]:checked")).to_have_value(
        "scientific"
    )  # what is chosen stays in sight
    page.fill("#search", "no such thing")
    expect(page.locator("#none")).to_be_visible()
    page.get_by_role("button", name="Show everything").click()
    expect(page.get_by_text("JupyterLab and what Notebench needs")).to_be_visible()


def test_a_second_server_with_a_name(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.get_by_text("A second server beside this one").click()
    page.fill("#named", "second")
    page.get_by_role("button", name="Choose image and hardware").click()
    expect(page.get_by_role("heading", name="Start server second")).to_be_visible()
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/user/admin/second/lab**", timeout=60_000)
    page.goto(page.url.split("/user/")[0] + "/hub/home")
    row = page.locator("li", has_text="second")
    row.get_by_role("button", name="Stop").click()
    expect(row).to_contain_text("not running", timeout=30_000)
    page.on("dialog", lambda dialog: dialog.accept())
    row.get_by_role("button", name="Remove").click()
    expect(row).to_have_count(0)


def test_the_service_is_away(bench: Workbench, open_page: Callable[..., Page]) -> None:
    page = open_page()
    bench.service.off()
    try:
        page.reload()
        expect(page.get_by_role("alert")).to_contain_text("The Notebench service does not answer")
        expect(page.get_by_role("button", name="Start")).to_be_disabled()
        shot(page, "away")
    finally:
        bench.service.on()
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("button", name="Start")).to_be_enabled()


def test_the_service_goes_away_after_the_page_was_shown(
    bench: Workbench, open_page: Callable[..., Page]
) -> None:
    page = open_page()
    bench.service.off()
    try:
        page.get_by_role("button", name="Start").click()
        expect(page.get_by_role("alert").first).to_contain_text("nothing new can start")
        shot(page, "refused")
    finally:
        bench.service.on()


def test_a_start_that_fails_says_why_and_leads_back(bench: Workbench, open_page: Callable[..., Page]) -> None:
    page = open_page()
    bench.service.broken = True
    try:
        page.get_by_role("button", name="Start").click()
        expect(page.get_by_text("JupyterLab ended while it was starting").first).to_be_visible(timeout=30_000)
        shot(page, "failed")
    finally:
        bench.service.broken = False
    page.goto(bench.url + "hub/spawn")
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/user/admin/lab**", timeout=60_000)


def test_a_start_can_be_cancelled_on_its_page(bench: Workbench, open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Cancel the start").click()
    expect(page.get_by_role("alert")).to_contain_text("The start was cancelled")
    page.get_by_role("link", name="Back to the start page").click()
    expect(page.get_by_role("button", name="Start")).to_be_enabled()


@pytest.mark.parametrize(("locale", "start"), [("de-DE", "Starten"), ("es-ES", "Iniciar")])
def test_in_the_readers_language(open_page: Callable[..., Page], locale: str, start: str) -> None:
    page = open_page(locale=locale, color_scheme="dark", viewport={"width": 400, "height": 800})
    expect(page.get_by_role("button", name=start, exact=True)).to_be_visible()
    assert page.locator("html").get_attribute("lang") == locale[:2]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "no sideways scrolling"
    shot(page, f"start-narrow-dark-{locale[:2]}")


def test_making_and_ending_a_token(bench: Workbench, open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto(bench.url + "hub/token")
    page.fill("#note", "nightly <b>script</b>")
    page.get_by_role("button", name="Make a token").click()
    expect(page.locator("#token")).to_have_text(re.compile(r"^\w{32,}$"))
    page.reload()
    row = page.locator("li", has_text="nightly <b>script</b>")
    row.get_by_role("button", name="End it").click()
    expect(row).to_have_count(0)
