"""A hub whose people come from a real OpenID provider on loopback."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.hub.workbench import Workbench

from .openid import CLIENT, OpenIdProvider

SETTINGS = """
sign_in:
  method: oidc
  refresh_seconds: 10
  allowed_groups: [data-science, auditors]
  admin_groups: [platform]
  groups:
    - {{claim: data-science, project: vintage, role: editor}}
    - {{claim: leads, project: vintage, role: owner}}
    - {{claim: auditors, project: vintage, role: viewer}}
    - {{claim: gpu-users, entitlement: gpu}}
  oidc:
    issuer: {issuer}
    client_id: {client}
    client_secret_file: secrets/openid-client
    button: Example Login
"""


def keep(bench: Workbench, name: str, secret: str) -> None:
    """A secret in the state directory, as an operator puts it there."""
    file = bench.place.root / "secrets" / name
    file.write_text(secret + "\n")
    file.chmod(0o600)


@pytest.fixture(scope="module")
def openid() -> Iterator[tuple[Workbench, OpenIdProvider]]:
    """Hub and provider; the Notebench service is the real one."""
    with tempfile.TemporaryDirectory(prefix="nbo") as root:
        bench = Workbench(Path(root), stand_in=False)
        provider = OpenIdProvider(Path(root), bench)
        keep(bench, "openid-client", provider.secret)
        bench.place.settings_file.write_text(SETTINGS.format(issuer=provider.issuer, client=CLIENT))
        provider.start()
        try:
            bench.open()
            yield bench, provider
        finally:
            bench.close()
            provider.stop()


@pytest.fixture(scope="module")
def bench(openid: tuple[Workbench, OpenIdProvider]) -> Workbench:
    return openid[0]


@pytest.fixture(scope="module")
def provider(openid: tuple[Workbench, OpenIdProvider]) -> OpenIdProvider:
    return openid[1]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert found, "`./notebench test` installs Chromium where the system allows it"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()
