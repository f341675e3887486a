"""Sign-in at a real OpenID provider: in and out, whose name is whose, groups, and what is refused."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from notebench_hub.hub.accounts import new_token, put_account

from tests.hub.workbench import Workbench, wait_for

from .openid import OpenIdProvider, Visitor

SERVICE = "services/notebench/api/v1/"


def bearer(bench: Workbench, name: str) -> dict[str, str]:
    return {"Authorization": f"token {new_token(bench.place, name, note='a test')}"}


def projects(bench: Workbench, headers: dict[str, str]) -> dict[str, str] | int:
    """Roles by project as the service sees them, or its status."""
    answer = httpx.get(bench.url + SERVICE + "me", headers=headers, timeout=30)
    if not answer.is_success:
        return answer.status_code
    return {one["project"]: one["role"] for one in answer.json()["projects"]}


def test_who_is_in_an_allowed_group_comes_in(bench: Workbench, provider: OpenIdProvider) -> None:
    provider.put("s-ada", "Ada", "data-science", "gpu-users", "something-else")
    ada = Visitor(bench)
    page = ada.sign_in("s-ada", "hub/oauth_login?next=%2Fhub%2Ftoken")
    assert page.is_success
    assert page.url.path == "/hub/token"
    me = ada.me()
    assert me
    assert (me["name"], me["admin"]) == ("ada", False)
    assert set(me["groups"]) == {"vintage", "vintage:editor", "gpu"}
    assert projects(bench, bearer(bench, "ada")) == {"vintage": "editor"}
    assert "/hub/password" not in page.text
    assert ada.http.get("hub/password").status_code == 404
    assert "Sign-in of ada from 127.0.0.1" in bench.log()


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "may not use this Notebench"), ("de", "Notebench nicht benutzen"), ("es", "no puedes usar")],
)
def test_without_a_rule_nobody_comes_in_and_reads_why(
    bench: Workbench, provider: OpenIdProvider, language: str, words: str
) -> None:
    provider.put("s-eve", "eve", "marketing")
    eve = Visitor(bench, language)
    page = eve.sign_in("s-eve")
    assert page.status_code == 403
    assert words in page.text
    assert "Example Login" in page.text
    assert eve.me() is None
    provider.put("s-eve2", "eve", "data-science")  # who may not come in has taken nobody's name
    second = Visitor(bench)
    assert second.sign_in("s-eve2").is_success
    assert (second.me() or {}).get("name") == "eve"
    del provider.people["s-eve2"]


def test_no_claim_has_a_power_of_its_own(bench: Workbench, provider: OpenIdProvider) -> None:
    """Names of roles, of hub groups, and of the groups that say a role, told by the provider."""
    told = [
        "admin",
        "admin-ui",
        "notebench-service",
        "gpu",
        "vintage",
        "vintage:owner",
        "Platform",
        "auditors",
    ]
    provider.put("s-mal", "mallory", *told)
    mallory = Visitor(bench)
    mallory.sign_in("s-mal")
    me = mallory.me()
    assert me
    assert me["admin"] is False
    assert set(me["groups"]) == {"vintage", "vintage:viewer"}
    assert "admin:users" not in me["scopes"]
    assert mallory.http.get("hub/admin").status_code == 403
    headers = bearer(bench, "mallory")
    assert projects(bench, headers) == {"vintage": "viewer"}
    write = httpx.put(bench.url + SERVICE + "projects/vintage", headers=headers, json={"members": []})
    assert (write.status_code, write.json()["code"]) == (403, "owner-only")


def test_admins_are_those_whom_the_settings_name(bench: Workbench, provider: OpenIdProvider) -> None:
    provider.put("s-root", "rooty", "platform")
    rooty = Visitor(bench)
    rooty.sign_in("s-root")
    assert (rooty.me() or {}).get("admin") is True
    provider.put("s-root", "rooty", "data-science")
    wait_for(lambda: (rooty.me() or {}).get("admin") is False, 20, bench.log)


@pytest.mark.parametrize(
    "name",
    ["admin", "ADMIN", "\uff41dmin", "keeper", "Keeper", "\uff4b\uff45\uff45\uff50\uff45\uff52", "local-one"],
)
def test_nobody_takes_a_name_that_is_somebodys(bench: Workbench, provider: OpenIdProvider, name: str) -> None:
    """The first admin's, another person's of the provider, an account's that was made here."""
    put_account(bench.place, "local-one")
    provider.put("s-keeper", "keeper", "data-science")
    assert Visitor(bench).sign_in("s-keeper").is_success
    provider.put("s-thief", name, "data-science", "platform")
    thief = Visitor(bench)
    page = thief.sign_in("s-thief")
    assert page.status_code == 403
    assert "belongs to another account here" in page.text
    assert thief.me() is None


@pytest.mark.parametrize(
    "name", ["\u0430da", "x" * 300, "a b", "../ada", "<script>", "ada\u200b", ".", "-ada", "a,b", "ada/x"]
)
def test_names_that_cannot_be(bench: Workbench, provider: OpenIdProvider, name: str) -> None:
    provider.put("s-odd", name, "data-science")
    odd = Visitor(bench)
    page = odd.sign_in("s-odd")
    assert page.status_code == 403
    assert "cannot be a name here" in page.text
    assert "<script>" not in page.text
    assert odd.me() is None


def test_an_answer_without_a_name_is_refused(bench: Workbench, provider: OpenIdProvider) -> None:
    provider.people["s-none"] = {"groups": ["data-science"]}
    provider.write()
    page = Visitor(bench).sign_in("s-none")
    assert page.status_code == 403
    assert "preferred_username" in page.text


def test_a_person_stays_the_same_whatever_they_are_called(bench: Workbench, provider: OpenIdProvider) -> None:
    provider.put("s-mary", "mary@example.org", "data-science")
    first = Visitor(bench)
    first.sign_in("s-mary")
    assert (first.me() or {}).get("name") == "mary@example.org"
    provider.put("s-mary", "mary.married@example.org", "data-science")
    again = Visitor(bench)
    again.sign_in("s-mary")
    assert (again.me() or {}).get("name") == "mary@example.org"
    provider.put("s-other", "mary@example.org", "data-science")  # the address is somebody else's now
    assert Visitor(bench).sign_in("s-other").status_code == 403


def test_groups_follow_the_claim_and_what_was_given_by_hand_stays(
    bench: Workbench, provider: OpenIdProvider
) -> None:
    """In the service ten seconds after the hub knows; the tests give a busy machine more."""
    provider.put("s-grace", "grace", "data-science", "leads", "gpu-users")
    grace = Visitor(bench)
    grace.sign_in("s-grace")
    headers = bearer(bench, "grace")
    assert projects(bench, headers) == {"vintage": "owner"}
    provider.put("s-boss", "boss", "platform")
    boss = Visitor(bench)
    boss.sign_in("s-boss")
    assert boss.api("POST", "groups/by-hand").status_code == 201
    assert boss.api("POST", "groups/by-hand/users", json={"users": ["grace"]}).is_success
    assert boss.api("POST", "groups/vintage/users", json={"users": ["boss"]}).is_success

    provider.put("s-grace", "grace", "auditors")
    wait_for(lambda: set((grace.me() or {})["groups"]) == {"by-hand", "vintage", "vintage:viewer"}, 25)
    wait_for(lambda: projects(bench, headers) == {"vintage": "viewer"}, 20)
    members = {
        one["user"]: one["role"]
        for project in httpx.get(bench.url + SERVICE + "projects", headers=headers).json()
        for one in project["members"]
    }
    assert members["grace"] == "viewer"
    # In a group that a rule can give, the provider has the last word.
    wait_for(lambda: "vintage" not in (boss.me() or {})["groups"], 25)


def test_who_is_disabled_at_the_provider_is_out(bench: Workbench, provider: OpenIdProvider) -> None:
    """In the browser, with a program's token, in the service: at the next question to the provider."""
    provider.put("s-dan", "dan", "data-science")
    dan = Visitor(bench)
    dan.sign_in("s-dan")
    headers = bearer(bench, "dan")
    assert dan.me()
    assert projects(bench, headers) == {"vintage": "editor"}
    provider.disable("s-dan")
    wait_for(lambda: dan.me() is None, 30)
    wait_for(lambda: httpx.get(bench.url + "hub/api/user", headers=headers).status_code == 403, 30)
    wait_for(lambda: projects(bench, headers) == 401, 20)
    provider.put("s-dan", "dan", "data-science")
    back = Visitor(bench)
    assert back.sign_in("s-dan").is_success


def test_refresh_tokens_are_used_once_each(bench: Workbench, provider: OpenIdProvider) -> None:
    """However many requests come at once; the provider ends a login whose token is used twice."""
    provider.put("s-max", "max", "data-science")
    max_ = Visitor(bench)
    max_.sign_in("s-max")
    headers = bearer(bench, "max")

    def ask(_number: int) -> int:
        return httpx.get(bench.url + "hub/api/user", headers=headers, timeout=30).status_code

    for _ in range(3):
        time.sleep(11)  # the access token has ended, and the hub asks again
        with ThreadPoolExecutor(10) as together:
            assert set(together.map(ask, range(10))) == {200}
        assert max_.me()


def test_the_command_line_of_the_first_admin_needs_no_provider(bench: Workbench) -> None:
    headers = bearer(bench, "admin")
    answer = httpx.get(bench.url + "hub/api/user", headers=headers)
    assert answer.json()["admin"] is True


def test_a_callback_that_was_not_begun_here_is_refused(bench: Workbench, provider: OpenIdProvider) -> None:
    """Forced login: the attacker's own code and state, in somebody else's browser."""
    provider.put("s-att", "attacker", "data-science")
    attacker = Visitor(bench)
    there = attacker.http.get("hub/oauth_login", follow_redirects=False)
    state = parse_qs(urlsplit(there.headers["Location"]).query)["state"][0]
    victim = Visitor(bench)
    for begin in (False, True):
        if begin:
            victim.http.get("hub/oauth_login", follow_redirects=False)
        answer = victim.http.get("hub/oauth_callback", params={"code": "theirs", "state": state})
        assert answer.status_code == 400
        assert "not begun in this browser" in answer.text
        assert victim.me() is None
    said = victim.http.get("hub/oauth_callback", params={"error": "x", "error_description": "Call 0800"})
    assert "0800" not in said.text


def test_a_link_of_another_site_signs_nobody_in(bench: Workbench) -> None:
    answer = httpx.get(bench.url + "hub/oauth_login?next=/hub/home", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/hub/login?next=%2Fhub%2Fhome"


@pytest.mark.parametrize(
    "target",
    ["https://example.org/", "//example.org/", "/\\example.org", "\\\\example.org", "http:example.org"],
)
def test_next_leads_nowhere_else(bench: Workbench, provider: OpenIdProvider, target: str) -> None:
    provider.put("s-next", "nextor", "data-science")
    visitor = Visitor(bench)
    visitor.http.event_hooks["response"] = [lambda answer: seen.append(answer.headers.get("Location", ""))]
    seen: list[str] = []
    visitor.sign_in("s-next", "hub/oauth_login?next=" + httpx.QueryParams({"t": target})["t"])
    assert visitor.me()
    assert not [one for one in seen if "example.org" in urlsplit(one).netloc or one.startswith(("//", "/\\"))]


def test_signing_out_ends_both_sessions(bench: Workbench, provider: OpenIdProvider) -> None:
    provider.put("s-leo", "leo", "data-science")
    leo = Visitor(bench)
    leo.sign_in("s-leo")
    assert leo.me()
    out = leo.http.get("hub/logout", follow_redirects=False)
    target = urlsplit(out.headers["Location"])
    assert f"{target.scheme}://{target.netloc}" == provider.issuer
    assert set(parse_qs(target.query)) == {"client_id", "post_logout_redirect_uri"}
    assert leo.me() is None
    page = leo.http.get(out.headers["Location"])
    form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.text))
    back = leo.http.post(provider.issuer + "/session/end/confirm", data={**form, "logout": "yes"})
    assert str(back.url) == bench.url + "hub/login"
    assert "/interaction/" in str(leo.http.get("hub/oauth_login").url), "the provider asks who it is"


def test_a_hub_that_starts_again_knows_who_is_in(bench: Workbench, provider: OpenIdProvider) -> None:
    provider.put("s-ivy", "ivy", "data-science")
    ivy = Visitor(bench)
    ivy.sign_in("s-ivy")
    bench.kill("hub")
    bench.start("hub")
    bench.wait_hub()
    assert (ivy.me() or {}).get("name") == "ivy"
    provider.disable("s-ivy")
    wait_for(lambda: ivy.me() is None, 30)


def test_a_provider_that_is_away(bench: Workbench, provider: OpenIdProvider) -> None:
    """Who is in stays in, nobody new comes in, and the page says why."""
    provider.put("s-kim", "kim", "data-science")
    kim = Visitor(bench)
    kim.sign_in("s-kim")
    assert kim.me()
    provider.stop()
    try:
        time.sleep(11)
        assert (kim.me() or {}).get("name") == "kim"
    finally:
        provider.start()


def test_no_secret_of_the_sign_in_is_in_a_log(bench: Workbench, provider: OpenIdProvider) -> None:
    said = "".join(file.read_text() for file in bench.place.logs.iterdir())
    assert provider.secret not in said
    assert "eyJ" not in said  # how every signed token begins
    assert "oauth_callback?code=[secret]" in said
