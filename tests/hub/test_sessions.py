"""Sessions through the real hub: granted, started, recorded, found again after restarts, ended."""

import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from notebench_spawner import processes

from .workbench import Person, Workbench, wait_for


@pytest.fixture
def admin(bench: Workbench) -> Iterator[Person]:
    person = Person(bench, "admin", bench.admin_password())
    yield person
    for name in list(person.api("GET", "users/admin").json()["servers"]):
        stop(person, name)
    wait_for(lambda: not processes.running(bench.place.workloads), 30, bench.log)


def path(server: str) -> str:
    return f"users/admin/servers/{server}" if server else "users/admin/server"


def start(person: Person, server: str = "", **options: Any) -> dict[str, Any]:
    answer = person.api("POST", path(server), json=options or {"image": "scientific", "profile": "small"})
    assert answer.status_code in (201, 202), answer.text
    return person.wait_ready(server)


def stop(person: Person, server: str = "") -> None:
    answer = person.api("DELETE", path(server))
    assert answer.status_code in (202, 204), answer.text
    wait_for(lambda: not person.server(server), 30, person.bench.log)


@contextmanager
def kernel(person: Person, server: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """A kernel of a session; its id and the address of its server."""
    url = server["url"]
    person.http.get(url + "lab")  # signs in there
    xsrf = person.http.cookies.get("_xsrf", path=url)
    headers = {"X-XSRFToken": str(xsrf), "Referer": person.bench.url.rstrip("/") + url}
    answer = person.http.post(url + "api/kernels", json={"name": "python3"}, headers=headers)
    assert answer.status_code == 201, answer.text
    yield answer.json()["id"], url


def test_start_by_rest_stop_and_records(bench: Workbench, admin: Person) -> None:
    server = start(admin, image="minimal", profile="small")
    request = bench.service.asked[-1]
    assert (request.user, request.server, request.image) == ("admin", "", "minimal")
    assert request.acting_for == "personal"
    assert admin.http.get(server["url"] + "lab").status_code == 200
    (folder,) = processes.running(bench.place.workloads)
    assert processes.read_note(folder)
    assert "nbt_session_test" not in (folder / "workload.json").read_text()
    stop(admin)
    wait_for(lambda: not processes.running(bench.place.workloads), 30)
    wait_for(lambda: bench.service.states(folder.name.removeprefix("session-")) == ["running", "stopped"], 10)


def test_the_process_gets_what_was_granted_and_nothing_of_the_hub(bench: Workbench, admin: Person) -> None:
    start(admin)
    (folder,) = processes.running(bench.place.workloads)
    environ = next(processes.marked({folder.name})).environ()
    home = bench.place.homes / "admin"
    assert environ["HOME"] == str(home)
    assert environ["NOTEBENCH_TOKEN"] == "nbt_session_test"
    assert environ["JUPYTERHUB_USER"] == "admin"
    for name in ("hub-cookie", "proxy-token", "hub-service-key", "service-hub-token"):
        assert bench.place.secret(name) not in environ.values()
    assert "CONFIGPROXY_AUTH_TOKEN" not in environ
    assert "NOTEBENCH_STATE_DIR" not in environ


def test_kernels_talk_through_sockets_in_a_private_directory(bench: Workbench, admin: Person) -> None:
    server = start(admin)
    (folder,) = processes.running(bench.place.workloads)
    with kernel(admin, server):
        found = list(processes.marked({folder.name}))
        runtime = Path(found[0].environ()["JUPYTER_RUNTIME_DIR"])
        assert runtime.stat().st_mode & 0o777 == 0o700
        wait_for(lambda: any("-ipc-" in one.name for one in runtime.iterdir()), 20)
        kernels = [
            one for one in processes.marked({folder.name}) if "ipykernel_launcher" in " ".join(one.cmdline())
        ]
        assert kernels
        for one in kernels:  # one port is ipykernel's own, for forked children that know a secret
            listening = [c for c in one.net_connections("inet") if c.status == psutil.CONN_LISTEN]
            assert len(listening) <= 1
    stop(admin)
    assert not runtime.exists()


def test_a_second_named_server_beside_the_first(bench: Workbench, admin: Person) -> None:
    first, second = start(admin), start(admin, "second", image="minimal", profile="small", acting_for="churn")
    assert first["url"] != second["url"]
    assert bench.service.asked[-1].server == "second"
    assert bench.service.asked[-1].acting_for == "churn"
    assert len(processes.running(bench.place.workloads)) == 2
    stop(admin, "second")
    assert (admin.server() or {}).get("ready")


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        ({"image": "nope"}, 400, "No image 'nope'."),
        ({"image": "scientific "}, 400, "No image 'scientific '."),
        ({"image": "<script>alert(1)</script>"}, 400, "<script>"),
        ({"image": "minimal", "hostPath": "/"}, 400, "hostPath"),
        ({"image": ["minimal"]}, 400, "image"),
        ({"user": "somebody"}, 400, "user"),
    ],
)
def test_refusals_in_rest(
    bench: Workbench, admin: Person, options: dict[str, Any], status: int, said: str
) -> None:
    answer = admin.api("POST", path(""), json=options)
    assert answer.status_code == status, answer.text
    assert said in answer.json()["message"]
    assert not processes.running(bench.place.workloads)


def test_a_refusal_on_the_page_is_escaped_and_in_the_readers_language(bench: Workbench) -> None:
    person = Person(bench, "admin", bench.admin_password(), "de")
    form = {"image": "<img src=x>", "profile": "small"}
    page = person.http.post("hub/spawn", data=form | {"_xsrf": person.xsrf()})
    assert page.status_code == 400
    assert "_xsrf=" not in page.text
    assert "&lt;img src=x&gt;" in page.text
    assert "<img src=x" not in page.text
    assert 'lang="de"' in page.text


@pytest.mark.parametrize("query", ["opt-image=minimal", "image=minimal&profile=small", "_xsrf=1"])
def test_a_link_starts_nothing(bench: Workbench, admin: Person, query: str) -> None:
    asked = len(bench.service.asked)
    page = admin.http.get(f"hub/spawn?{query}")
    assert "A link does not start a server." in page.text
    assert 'id="spawn_form"' in page.text
    assert len(bench.service.asked) == asked


def test_the_form_starts_and_the_last_choice_comes_back(bench: Workbench, admin: Person) -> None:
    form = {"image": "minimal", "profile": "small", "acting_for": "weather"}
    refused = admin.http.post("hub/spawn", data=form)
    assert refused.status_code == 403
    assert bench.service.asked == [] or bench.service.asked[-1].acting_for != "weather"
    page = admin.http.get("hub/spawn?next=/hub/home")
    action = re.search(r'id="spawn_form" .*action="([^"]*)"', page.text)
    assert action
    assert action[1] == "/hub/spawn?next=%2Fhub%2Fhome"
    answer = admin.http.post(action[1], data=form | {"_xsrf": admin.xsrf()})
    assert not any("_xsrf" in str(one.url) for one in [*answer.history, answer])
    admin.wait_ready()
    assert bench.service.asked[-1].acting_for == "weather"
    stop(admin)
    page = admin.http.get("hub/spawn").text
    for value in form.values():
        assert any("checked" in part[:400] for part in page.split(f'value="{value}"')[1:])


def test_nothing_new_starts_without_the_service_and_what_runs_goes_on(
    bench: Workbench, admin: Person
) -> None:
    server = start(admin)
    bench.service.off()
    try:
        answer = admin.api("POST", path("other"), json={"image": "minimal"})
        assert answer.status_code == 503, answer.text
        assert "does not answer" in answer.json()["message"]
        page = admin.http.get("hub/spawn/admin/other").text
        assert "does not answer" in page
        assert "Scientific Python" in page  # what was there last
        assert admin.http.get(server["url"] + "lab").status_code == 200
        stop(admin)
    finally:
        bench.service.on()
    start(admin)


def test_what_nobody_foresaw_has_a_code_that_leads_to_the_log(bench: Workbench, admin: Person) -> None:
    bench.service.nonsense = True
    try:
        answer = admin.api("POST", path(""), json={"image": "minimal"})
    finally:
        bench.service.nonsense = False
    assert answer.status_code == 500
    message = answer.json()["message"]
    assert "Something broke inside Notebench" in message
    code = re.search(r"the code (\w{8})", message)
    assert code
    assert f"code {code.group(1)}" in (bench.place.logs / "hub.log").read_text()
    start(admin)


def test_a_session_that_dies_is_noticed_and_the_next_start_works(bench: Workbench, admin: Person) -> None:
    start(admin)
    (folder,) = processes.running(bench.place.workloads)
    jupyter = next(
        one
        for one in processes.marked({folder.name})
        if "notebench.lab.session" in " ".join(one.cmdline()[:4])
    )
    jupyter.kill()
    begin = time.monotonic()
    wait_for(lambda: not admin.server(), 15, bench.log)
    assert time.monotonic() - begin < 10
    session = folder.name.removeprefix("session-")
    wait_for(lambda: bench.service.states(session)[-1:] == ["failed"], 5)
    reason = next(u.reason for name, u in bench.service.told if name == session and u.state.value == "failed")
    assert "signal 9" in reason
    german = Person(bench, "admin", bench.admin_password(), "de")
    assert "Signal 9" in german.http.get("hub/spawn").text
    assert "Signal 9" in german.http.get("user/admin/lab").text
    start(admin)


def test_killed_hub_finds_the_session_again(bench: Workbench, admin: Person) -> None:
    server = start(admin)
    (before,) = processes.running(bench.place.workloads)
    bench.kill("hub")
    assert httpx.get(bench.url.rstrip("/") + server["url"] + "api").status_code == 200
    bench.start("hub")
    bench.wait_hub()
    wait_for(lambda: bool((admin.server() or {}).get("ready")), 20, bench.log)
    assert processes.running(bench.place.workloads) == [before]
    stop(admin)
    wait_for(lambda: not processes.running(bench.place.workloads), 20)


def test_hub_killed_in_the_middle_of_a_start_leaves_no_orphan(bench: Workbench, admin: Person) -> None:
    with httpx.Client(cookies=admin.http.cookies, headers=admin.http.headers) as other:
        headers = {"X-XSRFToken": admin.xsrf(), "Referer": bench.url + "hub/home"}
        with pytest.raises(httpx.TimeoutException):
            other.post(
                f"{bench.url}hub/api/{path('')}", json={"image": "minimal"}, headers=headers, timeout=0.6
            )
    wait_for(lambda: bool(processes.running(bench.place.workloads)), 10, bench.log)
    bench.kill("hub")
    bench.start("hub")
    bench.wait_hub()
    server = admin.wait_ready()
    assert admin.http.get(server["url"] + "lab").status_code == 200
    assert len(processes.running(bench.place.workloads)) == 1


def test_orderly_hub_restart_touches_nothing(bench: Workbench, admin: Person) -> None:
    server = start(admin)
    bench.running["hub"].send_signal(signal.SIGTERM)
    bench.running["hub"].wait(20)
    assert httpx.get(bench.url.rstrip("/") + server["url"] + "api").status_code == 200
    bench.start("hub")
    bench.wait_hub()
    assert (admin.wait_ready())["url"] == server["url"]


def test_a_new_proxy_learns_the_routes_at_once(bench: Workbench, admin: Person) -> None:
    server = start(admin)
    bench.kill("proxy")
    bench.start("proxy")
    token = bench.place.secret("supervisor-hub-token")

    def told() -> bool:
        try:
            return httpx.post(
                f"{bench.instance.hub_api_url}/proxy", headers={"Authorization": f"token {token}"}
            ).is_success
        except httpx.HTTPError:
            return False

    wait_for(told, 10, bench.log)
    assert httpx.get(bench.url.rstrip("/") + server["url"] + "api").status_code == 200
    assert httpx.get(bench.url + "services/notebench/hello").status_code == 200


def test_a_start_can_be_cancelled(bench: Workbench, admin: Person) -> None:
    with httpx.Client(cookies=admin.http.cookies, headers=admin.http.headers) as other:
        headers = {"X-XSRFToken": admin.xsrf(), "Referer": bench.url + "hub/home"}
        with pytest.raises(httpx.TimeoutException):
            other.post(
                f"{bench.url}hub/api/{path('')}", json={"image": "minimal"}, headers=headers, timeout=0.6
            )
    answer = admin.api("DELETE", path(""))
    assert answer.status_code in (202, 204), answer.text
    wait_for(lambda: not admin.server(), 20, bench.log)
    wait_for(lambda: not processes.running(bench.place.workloads), 20, bench.log)
    start(admin)
