"""Sign-in at a double of GitHub (which no test can reach) on a real socket."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.workbench import Workbench, wait_for

from .conftest import keep
from .github_double import GitHubDouble
from .openid import Visitor

SETTINGS = """
sign_in:
  method: github
  refresh_seconds: 10
  allowed_groups: [example-org]
  admin_groups: ["example-org:platform"]
  groups:
    - {{claim: "example-org:wine", project: vintage, role: owner}}
  github:
    url: {url}
    client_id: an-app
    client_secret_file: secrets/github
"""


@pytest.fixture(scope="module")
def github() -> Iterator[GitHubDouble]:
    double = GitHubDouble()
    yield double
    double.stop()


@pytest.fixture(scope="module")
def bench(github: GitHubDouble) -> Iterator[Workbench]:
    with tempfile.TemporaryDirectory(prefix="nbg") as root:
        opened = Workbench(Path(root))
        keep(opened, "github", github.secret)
        opened.place.settings_file.write_text(SETTINGS.format(url=github.url))
        try:
            opened.open()
            yield opened
        finally:
            opened.close()


def come(bench: Workbench, github: GitHubDouble, number: int) -> Visitor:
    github.who = number
    visitor = Visitor(bench)
    visitor.answer = visitor.http.get("hub/oauth_login")  # type: ignore[attr-defined]
    return visitor


def test_organizations_and_teams(bench: Workbench, github: GitHubDouble) -> None:
    """In whatever case, on whatever page of the answer."""
    github.put(17, "Octo-Cat", orgs=("first", "second", "Example-Org"), teams=("Example-Org:wine",))
    octo = come(bench, github, 17)
    me = octo.me() or {}
    assert (me["name"], me["admin"]) == ("octo-cat", False)
    assert set(me["groups"]) == {"vintage", "vintage:owner"}
    github.put(17, "octo-cat", orgs=("Example-Org",), teams=("Example-Org:platform",))
    wait_for(lambda: (octo.me() or {}).get("admin") is True, 20)
    assert (octo.me() or {})["groups"] == []
    github.put(17, "octo-cat", orgs=("first",))
    wait_for(lambda: octo.me() is None, 20)


def test_without_the_organization_nobody_comes_in(bench: Workbench, github: GitHubDouble) -> None:
    github.put(18, "stranger", orgs=("example-orgs", "xexample-org"), teams=("other:platform",))
    stranger = come(bench, github, 18)
    assert stranger.answer.status_code == 403  # type: ignore[attr-defined]
    assert stranger.me() is None


def test_a_name_that_was_given_up_is_not_the_next_ones(bench: Workbench, github: GitHubDouble) -> None:
    github.put(20, "renamer", orgs=("example-org",))
    assert (come(bench, github, 20).me() or {}).get("name") == "renamer"
    github.put(20, "renamed", orgs=("example-org",))
    assert (come(bench, github, 20).me() or {}).get("name") == "renamer"
    github.put(21, "renamer", orgs=("example-org",))
    second = come(bench, github, 21)
    assert "belongs to another account here" in second.answer.text  # type: ignore[attr-defined]


def test_who_takes_the_access_back_is_out(bench: Workbench, github: GitHubDouble) -> None:
    github.put(22, "gone", orgs=("example-org",))
    gone = come(bench, github, 22)
    assert gone.me()
    github.tokens.clear()
    wait_for(lambda: gone.me() is None, 20)


def test_a_code_that_github_did_not_make(bench: Workbench, github: GitHubDouble) -> None:
    visitor = Visitor(bench)
    there = visitor.http.get("hub/oauth_login", follow_redirects=False)
    state = there.headers["Location"].partition("state=")[2].partition("&")[0]
    answer = visitor.http.get(f"hub/oauth_callback?code=made-up&state={state}")
    assert answer.status_code in (403, 503)
    assert visitor.me() is None
    assert github.secret not in bench.log()
