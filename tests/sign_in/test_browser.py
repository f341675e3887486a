"""Sign-in and refusal in a real browser, wide and narrow, light and dark."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.hub.workbench import Workbench

from .openid import OpenIdProvider

LOOKS = {"wide": (1280, 800, "light"), "narrow": (400, 800, "light"), "dark": (1280, 800, "dark")}


@pytest.fixture(params=LOOKS)
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    width, height, scheme = LOOKS[request.param]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
    opened = context.new_page()
    yield opened
    context.close()


def picture(page: Page, name: str, look: str) -> None:
    """Kept where NOTEBENCH_PICTURES says."""
    if folder := os.environ.get("NOTEBENCH_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}-{look}.png")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing is cut off"


def sign_in(page: Page, bench: Workbench, word: str) -> None:
    page.goto(bench.url)
    page.get_by_role("link", name="Sign in with Example Login").click()
    page.locator("input[name=login]").fill(word)
    page.locator("input[name=password]").fill("any")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()


def test_in_and_out(
    page: Page, bench: Workbench, provider: OpenIdProvider, request: pytest.FixtureRequest
) -> None:
    look = request.node.callspec.params["page"]
    provider.put("s-ada", "ada", "data-science")
    page.goto(bench.url)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.locator("input[type=password]")).to_have_count(0)
    picture(page, "sign-in", look)
    sign_in(page, bench, "s-ada")
    expect(page.locator(".nb-me summary")).to_have_text("ada")
    assert page.url.startswith(bench.url + "hub/spawn")
    page.goto(bench.url + "services/notebench/experiments")
    expect(page.get_by_role("heading", name="Experiments").first).to_be_visible()
    page.goto(bench.url + "hub/home")
    page.locator(".nb-me summary").click()
    page.locator("#logout").click()
    page.get_by_role("button", name="Yes, sign me out").click()
    expect(page.get_by_role("link", name="Sign in with Example Login")).to_be_visible()
    page.goto(bench.url + "hub/home")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_refusal_says_why_and_what_to_do(
    page: Page, bench: Workbench, provider: OpenIdProvider, request: pytest.FixtureRequest
) -> None:
    look = request.node.callspec.params["page"]
    provider.put("s-eve", "eve", "marketing")
    sign_in(page, bench, "s-eve")
    expect(page.get_by_role("alert")).to_contain_text("Example Login knows you as eve")
    expect(page.get_by_role("link", name="Use another account")).to_be_visible()
    picture(page, "refused", look)
    page.get_by_role("link", name="Back to sign-in").click()
    expect(page.get_by_role("link", name="Sign in with Example Login")).to_be_visible()
