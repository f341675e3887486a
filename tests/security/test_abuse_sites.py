"""Abuse 6: other sites in the same browser."""

import httpx
import pytest

from tests.security import walk
from tests.security.city import City

ROOT = "services/notebench/"


@pytest.fixture(scope="module")
def browser(city: City) -> httpx.Client:
    """Ana, logged in at the hub and at the service."""
    client = city.people("ana").http
    assert client.get(ROOT + "experiments").status_code == 200
    assert client.get(ROOT + "api/v1/me").json()["name"] == "ana"
    return client


def _code(answer: httpx.Response) -> str:
    return str(answer.json()["code"])


def test_abuse_06_another_site_writes_nothing(city: City, browser: httpx.Client) -> None:
    """A page of another site can make the browser send the cookie, and not our header."""
    for route, make in walk.api_calls(city).items():
        method = route.split(" ")[0]
        if method == "GET":
            continue
        call = make()
        assert _code(browser.request(method, call.path, json=call.body)) == "xsrf", route
        forged = {"X-Notebench": "1", "Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
        assert _code(browser.request(method, call.path, json=call.body, headers=forged)) == "xsrf", route
    for path in ("mlflow/api/2.0/mlflow/runs/create", f"endpoints/{city.things.endpoint}/invocations"):
        assert _code(browser.post(ROOT + path, json={})) == "xsrf", path
    foreign = browser.get(ROOT + "api/v1/me", headers={"Origin": "https://evil.example"})
    assert not [name for name in foreign.headers if name.startswith("access-control-")]


def test_abuse_06_a_tossed_cookie_is_no_login(city: City) -> None:
    """A sibling site can set cookies: only what was sealed here, for this purpose, is a login."""
    begun = city.raw().get(ROOT + "runs", follow_redirects=False)
    sealed = next(value for name, value in begun.cookies.items() if name.startswith("notebench-oauth"))
    for word in (sealed, city.tokens["ana"], "", "x" * 5000):
        answer = httpx.get(city.url + ROOT + "api/v1/me", headers={"Cookie": f"notebench-login={word}"})
        assert answer.status_code == 401
