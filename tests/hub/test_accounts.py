"""Accounts and tokens made beside a running hub, and the doors of the hub's pages."""

import re

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from notebench.contract.errors import NotFound, Refused
from notebench_hub.cli.local import find
from notebench_hub.hub.accounts import acceptable, new_token, put_account
from notebench_hub.place import VARIABLE, Place
from notebench_hub.scopes import ACCESS
from notebench_hub.service.names import folder_name

from .workbench import Person, Workbench


def test_a_user_made_beside_the_running_hub_can_sign_in(bench: Workbench) -> None:
    password = put_account(bench.place, "Ada")
    assert len(password) >= 12
    assert put_account(bench.place, "ada") == ""  # again: nothing changes
    ada = Person(bench, "ada", password)
    me = ada.api("GET", "user").json()
    assert (me["name"], me["admin"]) == ("ada", False)
    assert ada.http.get("hub/admin").status_code == 403
    other = Person(bench, "ada", "wrong")
    assert other.answer.status_code == 403
    assert "Invalid username or password" in other.answer.text


def test_an_admin(bench: Workbench) -> None:
    boss = Person(bench, "boss", put_account(bench.place, "boss", admin=True))
    assert boss.api("GET", "user").json()["admin"] is True


def test_a_new_password_counts_at_once(bench: Workbench) -> None:
    put_account(bench.place, "grace", password="first-password")
    assert Person(bench, "grace", "first-password").api("GET", "user").status_code == 200
    put_account(bench.place, "grace", password="second-password")
    assert Person(bench, "grace", "second-password").api("GET", "user").status_code == 200


def test_changing_ones_own_password(bench: Workbench) -> None:
    put_account(bench.place, "joan", password="first-password")
    joan = Person(bench, "joan", "first-password")

    def send(old: str, new: str, again: str) -> httpx.Response:
        form = {"old": old, "new": new, "again": again, "_xsrf": joan.xsrf()}
        return joan.http.post("hub/password", data=form)

    assert joan.http.get("hub/password").status_code == 200
    assert send("wrong", "new-password-1", "new-password-1").status_code == 403
    assert send("first-password", "new-password-1", "different").status_code == 400
    assert send("first-password", "short", "short").status_code == 400
    assert send("first-password", "x" * 80, "x" * 80).status_code == 400
    assert send("first-password", "new-password-1", "new-password-1").status_code == 200
    assert Person(bench, "joan", "new-password-1").api("GET", "user").status_code == 200


@pytest.mark.parametrize("password", ["x" * 73, "x" * 100_000, "\0", "ü" * 40])
def test_no_password_ends_in_a_traceback(bench: Workbench, password: str) -> None:
    assert Person(bench, "admin", password).answer.status_code == 403


@pytest.mark.parametrize("name", ["", " ", "a b", "a/b", "../x", "<b>", "x" * 129, "a\0b", "new\nline"])
def test_names_that_cannot_be(bench: Workbench, name: str) -> None:
    with pytest.raises(Refused):
        put_account(bench.place, name)
    assert Person(bench, name, "whatever").answer.status_code in (400, 403)


def test_guessing_is_slowed_down(bench: Workbench) -> None:
    put_account(bench.place, "victim", password="right-password")
    answers = [Person(bench, "victim", f"guess-{number}").answer for number in range(11)]
    assert [answer.status_code for answer in answers] == [403] * 10 + [429]
    assert "Wait a minute" in answers[-1].text
    assert Person(bench, "victim", "right-password").answer.status_code == 429


def test_tokens(bench: Workbench) -> None:
    put_account(bench.place, "linus")
    token = new_token(bench.place, "linus", note="a test", expires_in=60)
    answer = httpx.get(bench.url + "hub/api/user", headers={"Authorization": f"Bearer {token}"})
    assert answer.json()["name"] == "linus"
    with pytest.raises(NotFound):
        new_token(bench.place, "nobody", note="a test")


def test_the_verbs_on_this_machine_get_a_persons_token_and_not_an_admins(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(bench.place.root))
    found = find()
    assert found
    headers = {"Authorization": f"token {found[1]}"}
    with httpx.Client(base_url=found[0] + "hub/api/", headers=headers) as http:
        assert http.get("users/admin").json()["servers"] == {}  # what `sessions` asks
        assert ACCESS in http.get("user").json()["scopes"]
        assert http.get("users").status_code == 403
        assert http.post("users/somebody").status_code == 403
        assert http.post("users/admin/tokens").status_code == 403


def test_people_may_do_what_they_need_and_no_more(bench: Workbench) -> None:
    put_account(bench.place, "mary")
    token = new_token(bench.place, "mary", note="a test")
    with httpx.Client(base_url=bench.url + "hub/api/", headers={"Authorization": f"token {token}"}) as mary:
        assert mary.get("users/admin").status_code == 404
        assert mary.get("users").status_code == 403
        assert mary.get("groups").status_code == 403
        assert mary.post("users/admin/server").status_code == 404
        assert mary.post("users/mary/tokens", json={"note": "mine"}).status_code == 201
        assert mary.post("shutdown").status_code == 403
        assert mary.post("proxy").status_code == 403


def test_services_hold_their_grants_only(bench: Workbench) -> None:
    def client(secret: str) -> httpx.Client:
        headers = {"Authorization": f"token {bench.place.secret(secret)}"}
        return httpx.Client(base_url=bench.url + "hub/api/", headers=headers)

    with client("supervisor-hub-token") as supervisor, client("service-hub-token") as service:
        assert supervisor.post("proxy").status_code == 200
        assert supervisor.get("info").status_code == 200
        assert service.get("users").status_code == 200
        for one in (supervisor, service):
            assert one.post("users/admin/tokens", json={}).status_code in (403, 404)
            assert one.post("users/admin/server").status_code in (403, 404)
            assert one.post("users", json={"usernames": ["x"]}).status_code == 403
            assert one.delete("users/admin").status_code in (403, 404)
            assert one.post("shutdown").status_code == 403


def test_no_page_is_open_without_signing_in_but_the_login(bench: Workbench) -> None:
    for path in ("", "hub/", "hub/home", "hub/spawn", "hub/token", "hub/password", "hub/admin"):
        answer = httpx.get(bench.url + path, follow_redirects=True)
        assert 'id="password_input"' in answer.text, path
    for path in ("hub/signup", "hub/authorize", "hub/change-password", "hub/discard/admin"):
        assert httpx.get(bench.url + path).status_code == 404, path


def test_pages_load_nothing_from_elsewhere_and_run_no_inline_script(bench: Workbench) -> None:
    admin = Person(bench, "admin", bench.admin_password())
    for path in ("hub/spawn", "hub/home", "hub/token", "hub/password", "hub/nowhere", "hub/logout"):
        page = admin.http.get(path)
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["Referrer-Policy"] == "same-origin"
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
        assert "script-src 'self';" in page.text, path
        assert not re.search(r"<script(?![^>]*\bsrc=)", page.text), path
        assert not re.search(r"\son[a-z]+=", page.text), path
        assert not re.search(r"\sstyle=", page.text), path
        for address in re.findall(r'(?:src|href|action)="([^"]*)"', page.text):
            assert address.startswith(("/", "#")) or not address, address


def test_next_leads_nowhere_else(bench: Workbench) -> None:
    person = Person(bench, "admin", "wrong")
    for target in ("https://example.org/", "//example.org/", "/\\example.org", "http:example.org"):
        form = {"username": "admin", "password": bench.admin_password(), "_xsrf": person.xsrf()}
        answer = person.http.post("hub/login", params={"next": target}, data=form, follow_redirects=False)
        assert answer.status_code == 302
        assert re.match(r"/(?![/\\\\])", answer.headers["Location"])
        person.http.get("hub/logout")


names = st.text(min_size=1, max_size=128).filter(acceptable)


@pytest.mark.parametrize("name", ["", ".", "..", "a b", "a/b", "a\\b", "<a>", "a\n", "x" * 129])
def test_what_no_address_can_hold_is_no_name(name: str) -> None:
    assert not acceptable(name)


@given(names, names)
def test_homes_never_meet_and_stay_inside(first: str, second: str) -> None:
    place = Place.from_environment({"NOTEBENCH_STATE_DIR": "/state"})
    for name in (first, second):
        folder = folder_name(name)
        assert (place.homes / folder).resolve().parent == place.homes.resolve()
        assert re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", folder)
    if first != second:
        assert folder_name(first) != folder_name(second)
