"""What happens at the hub gets into the audit once, also while the service is away."""

from collections.abc import Callable

import httpx
from notebench_hub.hub.accounts import put_account

from tests.hub.workbench import Person, wait_for
from tests.service.town import Town

from .conftest import Audit, Entry

After = Callable[..., Entry]


def test_sign_ins_and_refused_ones(town: Town, after: After, audit: Audit) -> None:
    person = town.browser("ben")
    login = after(what="login", who="ben")
    assert (login["kind"], login["origin"], login["concerns"]) == ("browser", "127.0.0.1", "ben")
    person.http.get("hub/logout")
    assert after(what="logout", who="ben")["thing"] == "ben"
    Person(town, "ben", "not-the-password-of-ben")
    refused = after(what="login-refused", whom="ben")
    assert (refused["user"], refused["thing"], refused["origin"]) == ("", "ben", "127.0.0.1")
    # A password in the wrong field is nobody's name.
    Person(town, "a-secret-Password-37", "x")
    after(what="login-refused")
    assert "a-secret-Password-37".lower() not in str(audit.find()).lower()


def test_tokens_made_and_revoked(town: Town, after: After) -> None:
    asked = {"note": "for my script", "expires_in": 600, "scopes": ["read:users!user"]}
    made = town.hub_api("POST", "users/cleo/tokens", json=asked).json()
    entry = after(what="token-make", whom="cleo")
    assert (entry["user"], entry["kind"], entry["thing"]) == ("admin", "hub-token", "cleo")
    assert entry["detail"]["note"] == "for my script"
    assert entry["detail"]["scopes"] == ["read:users!user"]
    town.hub_api("DELETE", f"users/cleo/tokens/{made['id']}").raise_for_status()
    entry = after(what="token-revoke", whom="cleo")
    assert (entry["user"], entry["detail"]["id"]) == ("admin", made["id"])
    assert made["token"] not in str(entry)


def test_a_token_of_the_command_line(town: Town, after: After) -> None:
    town.new_token("cleo")
    entry = after(what="token-make", whom="cleo")
    assert (entry["user"], entry["kind"]) == ("", "command-line")


def test_accounts_admins_and_groups(town: Town, after: After) -> None:
    put_account(town.place, "newt")
    assert after(what="user-add", whom="newt")["kind"] == "command-line"
    town.hub_api("PATCH", "users/newt", json={"admin": True}).raise_for_status()
    entry = after(what="user-admin", whom="newt")
    assert (entry["user"], entry["before"], entry["after"]) == ("admin", {"admin": False}, {"admin": True})
    town.hub_api("POST", "groups/tin").raise_for_status()
    town.hub_api("POST", "groups/tin/users", json={"users": ["newt"]}).raise_for_status()
    entry = after(what="group-join", whom="newt")
    assert (entry["user"], entry["thing"], entry["acting_for"]) == ("admin", "tin", "tin")
    town.hub_api("DELETE", "groups/tin/users", json={"users": ["newt"]}).raise_for_status()
    assert after(what="group-leave", whom="newt")["thing"] == "tin"
    put_account(town.place, "newt", password="crater-lantern-otter-9")
    assert after(what="password-change", whom="newt")["kind"] == "command-line"
    town.hub_api("DELETE", "users/newt").raise_for_status()
    assert after(what="user-remove", whom="newt")["user"] == "admin"


def test_a_server_that_an_admin_starts_enters_and_stops(town: Town, after: After) -> None:
    asked = {"image": "minimal", "profile": "small"}
    assert town.hub_api("POST", "users/dan/server", json=asked).status_code in (201, 202)
    entry = after(what="server-start", whom="dan")
    assert (entry["user"], entry["thing"], entry["origin"]) == ("admin", "dan", "127.0.0.1")
    assert entry["detail"]["chosen"] == asked
    dan, admin = town.browser("dan"), town.browser("admin")
    dan.wait_ready()
    newest = after(what="login", who="admin")["number"]
    dan.http.get("user/dan/api/status")
    page = admin.http.get("user/dan/lab")
    if "authorize" in str(page.url):
        form = {"_xsrf": admin.xsrf(), "scopes": ["access:servers!server=dan/"]}
        page = admin.http.post(str(page.url), data=form)
    entry = after(what="server-enter", whom="dan")
    assert entry["number"] > newest
    assert (entry["user"], entry["thing"], entry["kind"]) == ("admin", "dan", "browser")
    assert town.hub_api("DELETE", "users/dan/server").status_code in (202, 204)
    assert after(what="server-stop", whom="dan")["user"] == "admin"


def test_a_refusal_is_told_once_and_counted(town: Town, after: After, audit: Audit) -> None:
    dan = town.tokens["dan"]
    for _ in range(20):
        answer = httpx.get(
            f"{town.instance.hub_api_url}/users/ana", headers={"Authorization": f"token {dan}"}
        )
        assert answer.status_code in (403, 404)
        refused = httpx.post(
            f"{town.instance.hub_api_url}/users/eve", headers={"Authorization": f"token {dan}"}
        )
        assert refused.status_code == 403
    entry = after(what="refusal", who="dan")
    assert entry["detail"]["status"] in (403, 404)
    assert len(audit.find(what="refusal", who="dan")) <= 3


def test_nothing_is_lost_and_nothing_twice_while_the_service_is_away(town: Town, audit: Audit) -> None:
    town.running["service"].terminate()
    town.running["service"].wait(30)
    notes = [f"while away {number}" for number in range(12)]
    for note in notes[:6]:
        town.hub_api("POST", "users/cleo/tokens", json={"note": note}).raise_for_status()
    town.kill("hub")
    town.start("hub")
    town.wait_hub()
    for note in notes[6:]:
        town.hub_api("POST", "users/cleo/tokens", json={"note": note}).raise_for_status()
    town.start("service")
    town.wait_service()

    def arrived() -> list[str]:
        found = audit.find(what="token-make", whom="cleo")
        return [one["detail"]["note"] for one in found if one["detail"]["note"] in notes]

    wait_for(lambda: len(arrived()) >= len(notes), 30, lambda: str(arrived()))
    assert arrived() == notes[::-1]


def test_what_the_hub_tells_again_counts_once(town: Town, audit: Audit) -> None:
    event = {"event": "0123456789abcdef", "moment": "2026-11-20T08:00:00Z", "action": "login", "user": "old"}
    for _ in range(3):
        town.internal().post("audit", json={"events": [event, event]}).raise_for_status()
    assert len(audit.find(who="old")) == 1
