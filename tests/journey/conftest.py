"""One installation and one browser for the whole journey."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.installation import Installation

CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def installation() -> Iterator[Installation]:
    """Notebench, started by its own command in a directory of its own."""
    folder = Path(tempfile.mkdtemp(prefix="nbj-"))
    started = Installation(folder, accounts="separate" if os.geteuid() == 0 else "shared")
    try:
        started.up()
        yield started
    finally:
        started.purge()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")  # its loop must not run while another module's async tests do
def browser() -> Iterator[Browser]:
    """The system's Chromium, without a window."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.fail("No Chromium on this machine. `./notebench test` installs it where the system allows it.")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=CHROMIUM)
        yield opened
        opened.close()
