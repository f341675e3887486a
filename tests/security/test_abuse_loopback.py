"""Abuse 20: every account of the machine reaches loopback, and so do pages whose name was made to mean it."""

import os
from typing import Any

import httpx
import pytest

from tests.launcher.world import SOMEBODY, as_account
from tests.security.city import City

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can try as another account")

API, MLFLOW = "services/notebench/api/v1", "services/notebench/mlflow/api/2.0/mlflow"
CLOSED = {
    "proxy_api": ["api/routes", "api/routes/user/ana"],
    "hub": ["hub/api/users", "hub/api/user", "hub/api/proxy", "hub/api/services", "hub/home"],
    "service": [
        *(f"{API}/{word}" for word in ("me", "runs", "sessions", "audit", "projects")),
        *(f"services/notebench/internal/{word}" for word in ("sessions", "catalogue", "events")),
        *(f"{MLFLOW}/{word}" for word in ("experiments/search", "registered-models/search")),
        "services/notebench/runs",
    ],
    "proxy": ["hub/api/users", f"{API}/me", f"{MLFLOW}/experiments/search", "user/ana/lab"],
    "session": ["user/ana/api/contents", "user/ana/api/kernels", "user/ana/lab", "user/ana/notebench/here"],
}
REBOUND = [
    {},
    {"Host": "evil.example"},
    {"Host": "evil.example", "Origin": "http://evil.example"},
    {"Host": "localhost", "X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": "evil.example"},
]
"""What a page sends whose name was made to mean this machine; and what claims to come from a proxy."""

REFUSED = {302, 400, 401, 403, 404, 405}


@pytest.fixture
def ports(city: City) -> dict[str, int]:
    city.session("ana")
    instance = city.instance
    routes = httpx.get(
        f"http://127.0.0.1:{instance.proxy_api_port}/api/routes",
        headers={"Authorization": f"token {city.place.secret('proxy-token')}"},
    ).json()
    return {
        "proxy_api": instance.proxy_api_port,
        "hub": instance.hub_port,
        "service": instance.service_port,
        "proxy": instance.port,
        "session": httpx.URL(routes["/user/ana"]["target"]).port or 0,
    }


def _refused(client: httpx.Client, method: str, url: str) -> None:
    body: dict[str, Any] = {} if method == "GET" else {"json": {"target": "http://127.0.0.1:1"}}
    answer = client.request(method, url, **body)
    said = f"{method} {url}: {answer.status_code} {answer.text[:200]}"
    assert answer.status_code in REFUSED, said
    leads = answer.headers.get("location", "/hub/login")
    assert "/hub/login" in leads or "/oauth2/authorize" in leads, f"{said} {leads}"
    assert "evil.example" not in answer.headers.get("set-cookie", ""), said
    assert "evil.example" not in answer.headers.get("access-control-allow-origin", ""), said


@pytest.mark.parametrize("headers", REBOUND, ids=str)
def test_abuse_20_the_ports_of_loopback_want_a_token(ports: dict[str, int], headers: dict[str, str]) -> None:
    def ask() -> None:
        with httpx.Client(timeout=30, trust_env=False, headers=headers) as client:
            for name, paths in CLOSED.items():
                for path in paths:
                    for method in ("GET", "POST", "DELETE"):
                        _refused(client, method, f"http://127.0.0.1:{ports[name]}/{path}")

    assert as_account(SOMEBODY, ask) == 0


def test_abuse_20_a_cookie_of_a_rebound_page_writes_nothing(city: City, ports: dict[str, int]) -> None:
    """The browser's cookies are for the real name; even with them, a foreign origin changes nothing."""
    ana = city.people("ana")
    ana.http.get("user/ana/lab").raise_for_status()
    headers = {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
    for name, path in (
        ("proxy", "user/ana/api/kernels"),
        ("session", "user/ana/api/terminals"),
        ("hub", "hub/api/users/ana/tokens"),
    ):
        url = f"http://127.0.0.1:{ports[name]}/{path}"
        answer = ana.http.post(url, json={}, headers=headers)
        assert answer.status_code == 403, f"{path}: {answer.status_code}"
