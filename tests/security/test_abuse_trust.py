"""Abuse 19: who is out is out of every door within ten seconds."""

import time
from collections.abc import Callable

import httpx

from tests.hub.workbench import wait_for
from tests.security.city import PROJECT, City

WITHIN = 20.0
"""Ten seconds as promised, and as many for a busy machine."""

OPEN, OUT = 200, {302, 401, 403, 404}


def _out(doors: dict[str, Callable[[], httpx.Response]]) -> None:
    until, still = time.monotonic() + WITHIN, dict(doors)
    while still:
        for name, ask in list(still.items()):
            if ask().status_code in OUT:
                del still[name]
        assert time.monotonic() < until, f"still open: {', '.join(still)}"
        time.sleep(0.3)


def _open(doors: dict[str, Callable[[], httpx.Response]]) -> None:
    for name, ask in doors.items():
        answer = ask()
        assert answer.status_code == OPEN, f"{name}: {answer.status_code} {answer.text[:300]}"


def test_abuse_19_a_revoked_token_opens_no_door(city: City) -> None:
    made = city.hub_api("POST", "users/admin/tokens", json={"note": "to be revoked"}).json()
    client = city.raw(made["token"])
    doors: dict[str, Callable[[], httpx.Response]] = {
        "hub": lambda: client.get("hub/api/user"),
        "service": lambda: client.get("services/notebench/api/v1/me"),
        "mlflow": lambda: client.get("services/notebench/mlflow/version"),
        "Jupyter server": lambda: client.get("user/ana/api/status"),
        "server extension": lambda: client.get("user/ana/notebench/here"),
    }
    _open(doors)
    city.hub_api("DELETE", f"users/admin/tokens/{made['id']}").raise_for_status()
    _out(doors)


def test_abuse_19_a_copied_cookie_ends_with_the_login(city: City) -> None:
    ana = city.browser("ana")
    for visited in ("user/ana/lab", "services/notebench/runs"):
        ana.http.get(visited).raise_for_status()
    with httpx.Client(base_url=city.url, cookies=httpx.Cookies(ana.http.cookies), timeout=30) as copy:
        doors: dict[str, Callable[[], httpx.Response]] = {
            "hub": lambda: copy.get("hub/home"),
            "service": lambda: copy.get("services/notebench/api/v1/me"),
            "page": lambda: copy.get("services/notebench/runs"),
            "Jupyter server": lambda: copy.get("user/ana/api/status"),
        }
        _open(doors)
        assert ana.http.get("hub/logout").is_success
        _out(doors)
        # Nor does it lead to a new one.
        copy.follow_redirects = True
        for path in ("user/ana/lab", "services/notebench/runs"):
            assert "hub/login" in str(copy.get(path).url), path


def test_abuse_19_whoever_leaves_the_group_is_out_of_every_door(city: City) -> None:
    cleo = city.raw("cleo", PROJECT)
    run = {"run_id": city.things.mlflow_run}
    doors: dict[str, Callable[[], httpx.Response]] = {
        "runs": lambda: cleo.get(f"services/notebench/api/v1/runs/{city.things.run}"),
        "audit": lambda: cleo.get("services/notebench/api/v1/audit", params={"project": PROJECT}),
        "page": lambda: cleo.get("services/notebench/runs"),
        "mlflow": lambda: cleo.get("services/notebench/mlflow/api/2.0/mlflow/runs/get", params=run),
        "endpoint": lambda: cleo.post(
            f"services/notebench/endpoints/{city.things.endpoint}/invocations", json={"inputs": [[1.0, 2.0]]}
        ),
    }
    _open(doors)
    city.hub_api("DELETE", f"groups/{PROJECT}/users", json={"users": ["cleo"]}).raise_for_status()
    try:
        _out(doors)
    finally:
        city.set_project(PROJECT, {"ana": "editor", "ben": "owner", "cleo": "viewer"})


def test_abuse_19_a_role_does_not_outlive_the_membership(city: City) -> None:
    city.set_project("brass", {"ben": "owner", "dan": "owner"})

    def role() -> str:
        projects = city.program("dan").get("me").json()["projects"]
        return next((one["role"] for one in projects if one["project"] == "brass"), "")

    wait_for(lambda: role() == "owner", 15)
    city.hub_api("DELETE", "groups/brass/users", json={"users": ["dan"]}).raise_for_status()
    admin = city.program("admin")

    def noted() -> bool:
        asked = {"what": "project-put", "thing": "brass", "whom": "dan"}
        entries = admin.get("audit", params=asked).json()["entries"]
        return any(one["before"] == {"dan": "owner"} for one in entries)

    wait_for(noted, 30)
    city.hub_api("POST", "groups/brass/users", json={"users": ["dan"]}).raise_for_status()
    wait_for(lambda: role() != "", 15)
    assert role() == "editor", "as everybody who is new in a project"
