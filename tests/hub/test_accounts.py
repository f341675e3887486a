"""Accounts and tokens made beside a running hub, and the doors of the hub's pages."""

import os
import re
import socket

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from notebench.contract.errors import NotFound, Refused
from notebench_hub.buckets import Buckets
from notebench_hub.callers import account_of, caller, network
from notebench_hub.cli.local import find
from notebench_hub.hub.accounts import acceptable, new_token, put_account
from notebench_hub.hub.sign_in.attempts import SPRAY, Attempts
from notebench_hub.hub.sign_in.rules import check
from notebench_hub.place import VARIABLE, Place
from notebench_hub.scopes import ACCESS
from notebench_spawner.names import folder_name

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


def test_guessing_is_slowed_down_where_it_comes_from(bench: Workbench) -> None:
    """A stranger who guesses is slowed; the person signs in from elsewhere meanwhile."""
    put_account(bench.place, "victim", password="right-password")
    answers = [
        Person(bench, "victim", f"guess-{number}", come_from="127.0.0.66").answer for number in range(11)
    ]
    assert [answer.status_code for answer in answers] == [403] * 10 + [429]
    assert "Wait a minute" in answers[-1].text
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    stranger = Person(bench, "victim", "right-password", come_from="127.0.0.66")
    assert stranger.answer.status_code == 429
    assert Person(bench, "victim", "right-password").api("GET", "user").status_code == 200


def test_one_password_for_many_names_is_slowed(bench: Workbench) -> None:
    """Headers that the stranger writes do not make them somebody else; other names do not either."""
    put_account(bench.place, "sprayed", password="right-password")

    def one(number: int) -> int:
        lie = {"X-Real-Ip": f"10.0.0.{number}", "X-Forwarded-For": f"10.0.0.{number}"}
        come_from = httpx.HTTPTransport(local_address="127.0.0.67")
        with httpx.Client(base_url=bench.url, transport=come_from, headers=lie, timeout=60) as http:
            http.get("hub/login")
            xsrf = http.cookies.get("_xsrf", path="/hub/")
            form = {"username": f"name-{number}", "password": "Summer2026!!", "_xsrf": str(xsrf)}
            return http.post("hub/login", data=form).status_code

    answers = [one(number) for number in range(SPRAY + 12)]
    assert 429 not in answers[:SPRAY]
    assert 429 in answers[SPRAY:], "some seconds have passed, and each ten give one more try"
    assert Person(bench, "sprayed", "right-password").api("GET", "user").status_code == 200


def test_failures_are_counted_in_bounded_memory() -> None:
    hour = 0.0
    buckets = Buckets(3, 10, remembered=100, clock=lambda: hour)
    for number in range(1000):
        buckets.take(f"name-{number}")
    assert len(buckets) == 100
    for _ in range(3):
        buckets.take("one")
    assert buckets.wait("one") == 10
    hour = 9.5
    assert buckets.wait("one") == 1
    hour = 10.1
    assert buckets.wait("one") == 0


def test_who_signed_in_from_there_before_is_not_slowed_by_others() -> None:
    attempts = Attempts()
    attempts.succeeded("ada", "10.0.0.1")
    for number in range(SPRAY):
        attempts.failed(f"name-{number}", "10.0.0.1")
    assert attempts.wait("grace", "10.0.0.1") > 0
    assert attempts.wait("ada", "10.0.0.1") == 0
    assert attempts.wait("grace", "10.0.0.2") == 0


def test_addresses_are_believed_from_our_own_proxy_only() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as client:
        client.bind(("127.0.0.9", 0))
        client.connect(server.getsockname())
        peer = client.getsockname()
        assert account_of(peer) == os.geteuid()
        assert caller(peer, "6.6.6.6, 192.0.2.1") == "192.0.2.1"
        assert caller(peer, "6.6.6.6, 192.0.2.1, 192.0.2.9", {"192.0.2.9"}) == "192.0.2.1"
        assert caller(peer, "") == "127.0.0.9"
    assert caller(("198.51.100.7", 5), "6.6.6.6") == "198.51.100.7"
    assert caller(("127.0.0.1", 1), "6.6.6.6") == "account None"
    assert network("2001:db8::1") == network("2001:db8::2") != network("2001:db8:1::1")
    assert network("::ffff:192.0.2.1") == "192.0.2.1"
    assert network("x" * 1000) == "unknown"


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short-one", "password-short"),
        ("x" * 73, "password-long"),
        ("ü" * 40, "password-long"),
        ("1234567890", "password-easy"),
        ("qwertyuiop", "password-easy"),
        ("P@ssw0rd123", "password-easy"),
        ("aaaaaaaaaaaaaa", "password-easy"),
        ("Ada-Lovelace", "password-easy"),
        ("ecalevol-ada1", "password-easy"),
        ("notebench123", "password-easy"),
    ],
)
def test_weak_passwords(password: str, code: str) -> None:
    with pytest.raises(Refused) as caught:
        check(password, "ada-lovelace")
    assert caught.value.kind == code


@pytest.mark.parametrize("password", ["lamp quietly orbits", "kTq8vP2xLm", "mañana no hay niebla"])
def test_good_passwords(password: str) -> None:
    """Spaces, any letters, and no rule about kinds of characters."""
    check(password, "ada-lovelace")


def test_an_easy_password_is_refused_in_the_readers_language(bench: Workbench) -> None:
    put_account(bench.place, "eva", password="right-password")
    for language, words in (
        ("en", "too easy to guess"),
        ("de", "zu leicht zu erraten"),
        ("es", "demasiado fácil de adivinar"),
    ):
        eva = Person(bench, "eva", "right-password", language)
        form = {"old": "right-password", "new": "iloveyou123", "again": "iloveyou123", "_xsrf": eva.xsrf()}
        answer = eva.http.post("hub/password", data=form)
        assert answer.status_code == 400
        assert words in answer.text


def test_a_new_password_ends_the_other_logins(bench: Workbench) -> None:
    """By the person themselves, who stays, and by an admin from another process."""
    put_account(bench.place, "olga", password="right-password")
    here, there = (Person(bench, "olga", "right-password") for _ in range(2))
    form = {"old": "right-password", "new": "lamp quietly orbits", "again": "lamp quietly orbits"}
    assert here.http.post("hub/password", data={**form, "_xsrf": here.xsrf()}).status_code == 200
    assert here.api("GET", "user").status_code == 200
    assert there.api("GET", "user").status_code == 403
    put_account(bench.place, "olga", password="kettles under bridges")
    assert here.api("GET", "user").status_code == 403
    assert Person(bench, "olga", "kettles under bridges").api("GET", "user").status_code == 200


def test_a_password_may_be_typed_on_any_keyboard(bench: Workbench) -> None:
    put_account(bench.place, "jose", password="jos\u00e9 likes lamps")
    assert Person(bench, "jose", "jose\u0301 likes lamps").api("GET", "user").status_code == 200


@pytest.mark.parametrize("name", ["\u0430dmin", "ad\u03bfbe"])
def test_a_name_that_passes_for_anothers_is_refused(bench: Workbench, name: str) -> None:
    with pytest.raises(Refused) as caught:
        put_account(bench.place, name)
    assert caught.value.kind == "user-name-mixed"


def test_a_name_has_one_spelling(bench: Workbench) -> None:
    put_account(bench.place, "\uff21\uff4c\uff41\uff4e", password="right-password")
    assert Person(bench, "ALAN", "right-password").api("GET", "user").json()["name"] == "alan"


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
