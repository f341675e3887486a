"""Who is let in, as whom, for what, and for how long."""

import time

import httpx
import pytest
from notebench.contract import SERVICE_PREFIX

from tests.service.town import Town, code


def test_hello_needs_no_login(town: Town) -> None:
    answer = town.program("").get("hello").json()
    assert (answer["product"], answer["contract"]) == ("notebench", 1)


def test_nobody_is_refused(town: Town) -> None:
    for token in ("", "wrong", "nbt_session_wrong"):
        assert code(town.program(token).get("me")) == "401 not-signed-in"


@pytest.mark.parametrize("token", [b"\xff\xfe", b"t\xc3\xb6ken"])
def test_a_token_that_no_header_can_carry_is_refused(town: Town, token: bytes) -> None:
    with town.program("") as client:
        assert code(client.get("me", headers=[(b"Authorization", b"Bearer " + token)])) == "401 not-signed-in"


def test_hub_token_is_its_user(town: Town) -> None:
    me = town.program("ana").get("me").json()
    assert (me["name"], me["admin"], me["acting_for"], me["role"]) == ("ana", False, "personal", "owner")
    assert {"project": "alloys", "role": "editor"} in me["projects"]
    assert town.program("admin").get("me").json()["admin"] is True


def test_project_is_chosen_by_header_or_query(town: Town) -> None:
    assert town.program("cleo", "alloys").get("me").json()["role"] == "viewer"
    assert town.program("ana").get("me", params={"for": "alloys"}).json()["acting_for"] == "alloys"
    for name in ("alloys", "alloy", "nothing"):
        assert code(town.program("dan", name).get("me")) == "403 project-unknown"


def test_token_without_access_to_the_service_is_refused(town: Town) -> None:
    made = town.hub_api("POST", "users/ana/tokens", json={"scopes": ["read:users!user"], "note": "narrow"})
    assert code(town.program(made.json()["token"]).get("me")) == "401 not-signed-in"


def test_session_token_is_bound(town: Town) -> None:
    session, token = town.grant("ana", "alloys")
    me = town.program(token).get("me").json()
    assert (me["name"], me["acting_for"], me["bound"], me["session"]) == ("ana", "alloys", True, session)
    assert code(town.program(token, "personal").get("me")) == "403 acting-for-bound"
    town.internal().put(f"sessions/{session}", json={"state": "stopped"}).raise_for_status()
    assert code(town.program(token).get("me")) == "401 not-signed-in"


def test_revoked_hub_token_ends_within_ten_seconds(town: Town) -> None:
    made = town.hub_api("POST", "users/ben/tokens", json={"note": "short"}).json()
    program = town.program(made["token"])
    assert program.get("me").status_code == 200
    town.hub_api("DELETE", f"users/ben/tokens/{made['id']}").raise_for_status()
    _ends(program, "401 not-signed-in")


def test_removed_member_is_out_within_ten_seconds(town: Town) -> None:
    town.set_project("brass", {"ana": "owner", "dan": "editor"})
    _, token = town.grant("dan", "brass")
    program = town.program(token)
    assert program.get("me").json()["role"] == "editor"
    town.set_group("brass", ["ana"])
    _ends(program, "403 project-unknown")


def _ends(program: httpx.Client, expected: str) -> None:
    begin = time.monotonic()
    while time.monotonic() - begin < 11:
        answer = program.get("me")
        if answer.status_code != 200:
            assert code(answer) == expected
            return
        time.sleep(0.5)
    pytest.fail("still let in after 11 seconds")


def test_browser_logs_in_through_the_hub(town: Town) -> None:
    ana = town.browser("ana")
    answer = ana.http.get("services/notebench/api/v1/me")
    assert code(answer) == "401 not-signed-in", "the API never redirects"
    page = ana.http.get("services/notebench/runs?for=alloys")
    assert page.url.path == "/services/notebench/runs"
    assert page.url.query == b"for=alloys"
    assert ana.http.get("services/notebench/api/v1/me").json()["name"] == "ana"
    cookie = next(one for one in ana.http.cookies.jar if one.name == "notebench-login")
    assert cookie.path == SERVICE_PREFIX
    assert cookie.has_nonstandard_attr("HttpOnly")


def test_browser_needs_our_header_to_change_things(town: Town) -> None:
    admin = town.browser("admin")
    admin.http.get("services/notebench/runs")
    path = "services/notebench/api/v1/projects/alloys"
    members = [{"user": "cleo", "role": "viewer"}]
    assert code(admin.http.put(path, json={"members": members})) == "400 xsrf"
    foreign = {"X-Notebench": "1", "Sec-Fetch-Site": "cross-site"}
    assert code(admin.http.put(path, json={"members": members}, headers=foreign)) == "400 xsrf"
    ours = {"X-Notebench": "1", "Sec-Fetch-Site": "same-origin"}
    assert admin.http.put(path, json={"members": members}, headers=ours).status_code == 200


def test_logout_ends_the_login(town: Town) -> None:
    ben = town.browser("ben")
    ben.http.get("services/notebench/runs")
    assert ben.http.get("services/notebench/api/v1/me").status_code == 200
    ben.http.get("hub/logout")
    assert ben.http.get("services/notebench/api/v1/me").status_code == 401


@pytest.mark.parametrize("state", ["", "foreign", "x" * 5000])
def test_login_that_was_not_begun_here_is_refused(town: Town, state: str) -> None:
    answer = town.browser("ana").http.get(
        "services/notebench/oauth_callback", params={"code": "x", "state": state}
    )
    assert code(answer) == "400 login-state"


def test_internal_routes_are_the_hubs_alone(town: Town) -> None:
    admin = httpx.Client(base_url=town.url, headers={"Authorization": f"Bearer {town.tokens['admin']}"})
    body = {"user": "ana", "image": "minimal", "profile": "small"}
    assert code(admin.post("services/notebench/internal/sessions", json=body)) == "401 not-signed-in"
    assert code(admin.get("services/notebench/internal/catalogue?user=ana")) == "401 not-signed-in"
