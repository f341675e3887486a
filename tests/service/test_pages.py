"""Pages: behind the hub's login, with a shell that says who reads and what it acts for."""

import html
import json
import re
from urllib.parse import urlsplit

import httpx
import pytest

from tests.service.town import Town


@pytest.fixture(scope="module")
def built(town: Town) -> None:
    """The pages need the panels' build; without it, the plain page that says so is all there is."""
    from notebench_hub.service.pages.shell import STATIC

    if not (STATIC / "page.js").is_file():
        pytest.skip("the panels' pages are not built")


@pytest.mark.parametrize("path", ["runs", "runs/abc?for=alloys", "models/wine/versions/1", "experiments"])
def test_login_comes_first(town: Town, path: str) -> None:
    answer = httpx.get(f"{town.url}services/notebench/{path}")
    assert answer.status_code == 302
    assert answer.headers["location"].startswith("/hub/api/oauth2/authorize?")
    assert answer.headers["set-cookie"].count("HttpOnly")


def test_shell_says_who_reads(town: Town, built: None) -> None:
    page = town.browser("ana", "de").http.get("services/notebench/runs/abc?for=alloys")
    assert page.status_code == 200
    found = re.search(r'data-notebench="([^"]*)"', page.text)
    assert found
    facts = json.loads(html.unescape(found[1]))
    assert (facts["user"], facts["acting_for"], facts["role"]) == ("ana", "alloys", "editor")
    assert (facts["language"], facts["api_url"]) == ("de", "/services/notebench/api/v1")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    script = re.search(r"src='([^']*)'", page.text)
    assert script
    loaded = httpx.get(town.url.rstrip("/") + script[1])
    assert loaded.headers["content-type"].startswith("text/javascript")
    assert "immutable" in loaded.headers["cache-control"]


def test_foreign_project_is_explained(town: Town) -> None:
    page = town.browser("dan").http.get("services/notebench/runs?for=alloys")
    assert page.status_code == 403
    assert "not a member of a project alloys" in page.text


def test_names_are_not_markup(town: Town) -> None:
    page = town.browser("dan").http.get("services/notebench/runs?for=<script>alert(1)</script>")
    assert "<script>alert" not in page.text


@pytest.mark.parametrize(
    "path",
    ["../shell.py", "%2e%2e/shell.py", "..%2fshell.py", "%00", "", "nothing.js", "x" * 300 + ".js"],
)
def test_static_files_only(town: Town, path: str) -> None:
    answer = httpx.get(f"{town.instance.service_url}/services/notebench/static/{path}")
    assert answer.status_code == 404


def test_login_never_leads_elsewhere(town: Town) -> None:
    """The page that was wanted is sealed; one that is not ours could not get in, whatever its form."""
    answer = httpx.get(f"{town.url}services/notebench/runs?next=//elsewhere.example/")
    target = urlsplit(answer.headers["location"])
    assert (target.netloc, target.path) == ("", "/hub/api/oauth2/authorize")
