"""A person at a browser: what people do in Notebench, by the names that they see on the page."""

import re
import time
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect

ARTIFACTS = Path(__file__).parents[2] / "artifacts" / "journey"
SLOW = 90_000
"""Milliseconds that a start may take on a busy machine."""


class Person:
    """One user with a browser of their own."""

    def __init__(self, browser: Browser, url: str, name: str, password: str) -> None:
        self.url = url
        self.name = name
        self.password = password
        self.context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
        self.page = self.context.new_page()
        self.page.set_default_timeout(30_000)

    def picture(self, title: str, page: Page | None = None) -> None:
        """Keep a screenshot as an artifact."""
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        (page or self.page).screenshot(path=ARTIFACTS / f"{self.name}-{title}.png")

    def sign_in(self) -> None:
        self.page.goto(self.url)
        self.page.get_by_label("User name").fill(self.name)
        self.page.get_by_label("Password", exact=True).fill(self.password)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(lambda address: "/login" not in address, wait_until="commit")

    def start(self, image: str, profile: str, acting_for: str = "Myself") -> None:
        """Choose on the start page and wait for JupyterLab."""
        self.page.goto(self.url + "hub/spawn")
        for choice in (image, profile, acting_for):
            # The radio itself is drawn as a card: people click the card.
            self.page.locator("label").filter(has_text=re.compile(rf"^\s*{re.escape(choice)}")).first.click()
        self.picture("start")
        self.page.get_by_role("button", name="Start", exact=True).click()
        self.page.wait_for_url(re.compile("/lab"), timeout=SLOW)
        expect(self.page.locator(".jp-Launcher").first).to_be_visible(timeout=SLOW)

    def stop_session(self) -> None:
        page = self.context.new_page()
        page.goto(self.url + "hub/home")
        page.get_by_role("button", name=re.compile("^Stop")).first.click()
        expect(page.get_by_role("button", name=re.compile("^Stop"))).to_have_count(0, timeout=60_000)
        page.close()

    # In JupyterLab

    def open_notebook(self, path: str) -> None:
        self.page.goto(f"{self.url}user/{self.name}/lab/tree/{path}?reset")
        expect(self.notebook.locator(".jp-Cell").first).to_be_visible(timeout=SLOW)
        # Before that, "Run All Cells" asks for a kernel.
        expect(self.page.locator("#jp-bottom-panel")).to_contain_text("| Idle", timeout=SLOW)

    @property
    def notebook(self) -> Locator:
        """The notebook in front."""
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")

    def run_all_cells(self) -> None:
        """Run every cell as the menu does, and wait until the last one has a number."""
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name=re.compile("^Run All Cells$")).click()
        last = self.notebook.locator(".jp-CodeCell .jp-InputPrompt").last
        end = time.monotonic() + 4 * SLOW / 1000
        while not re.search(r"\[\d+\]", last.inner_text()):
            self.no_errors()  # after an error the last cell never gets its number
            assert time.monotonic() < end, "the notebook does not come to its end"
            self.page.wait_for_timeout(500)
        self.no_errors()

    def close_all(self) -> None:
        """Save, and shut the kernels down, so that one notebook's memory is not the next one's."""
        self.page.keyboard.press("Control+s")
        cookies = {one["name"]: one["value"] for one in self.context.cookies()}
        base = f"{self.url}user/{self.name}/api/sessions"
        headers = {"X-XSRFToken": cookies.get("_xsrf", "")}
        for session in self.context.request.get(base).json():
            self.context.request.delete(f"{base}/{session['id']}", headers=headers)

    def no_errors(self) -> None:
        errors = self.notebook.locator(
            '[data-mime-type="application/vnd.jupyter.stderr"]:has-text("Traceback")'
        )
        failures = self.notebook.locator(".jp-RenderedText:has-text('Traceback (most recent call last)')")
        assert errors.count() + failures.count() == 0, (errors or failures).all_inner_texts()

    def toolbar(self, name: str) -> None:
        """Press a button of the notebook's toolbar."""
        self.notebook.locator(".jp-Toolbar").get_by_role("button", name=name).click()

    def area(self) -> Locator:
        """The left area "Notebench", opened."""
        tab = self.page.locator(".jp-SideBar .lm-TabBar-tab[title='Notebench']")
        if tab.get_attribute("aria-selected") != "true":
            tab.click()
        return self.page.locator("#jp-left-stack")

    @property
    def main(self) -> Locator:
        """The view in front in JupyterLab's main area."""
        return self.page.locator("#jp-main-dock-panel > .lm-Widget:not(.lm-mod-hidden)").last

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    # Without a server

    def read(self, room: str, acting_for: str = "personal") -> Page:
        """A page of the service, in a tab of its own."""
        page = self.context.new_page()
        page.goto(f"{self.url}services/notebench/{room}?for={acting_for}")
        page.wait_for_load_state("networkidle")
        return page
