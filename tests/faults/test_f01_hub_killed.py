"""F1: the hub killed, also in the middle of a start: no request fails, nothing is lost or left."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from notebench_spawner import processes

from tests import leaks
from tests.faults.conftest import PATIENCE, ROUNDS, limit
from tests.hub.workbench import Person, Workbench, wait_for

BACK = 5.0
CHOICE = {"image": "minimal", "profile": "small"}


class Visitor(threading.Thread):
    """Asks a session through the proxy without pause, as its JupyterLab does."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.url, self.asked, self.failures = url, 0, list[str]()
        self.enough = threading.Event()

    def run(self) -> None:
        with httpx.Client(timeout=10) as client:
            while not self.enough.wait(0.02):
                self.asked += 1
                try:
                    answer = client.get(self.url)
                    if answer.status_code != 200:
                        self.failures.append(f"{answer.status_code} {answer.text[:200]}")
                except httpx.HTTPError as error:
                    self.failures.append(repr(error))


@contextmanager
def visiting(bench: Workbench, server: dict[str, str]) -> Iterator[Visitor]:
    visitor = Visitor(bench.url.rstrip("/") + server["url"] + "api")
    visitor.start()
    try:
        yield visitor
    finally:
        visitor.enough.set()
        visitor.join()


def path(name: str) -> str:
    return f"users/admin/servers/{name}" if name else "users/admin/server"


def kill_hub(bench: Workbench) -> float:
    """Kill it, start it as the supervisor does, and say after how many seconds it answered."""
    bench.kill("hub")
    begin = time.monotonic()
    bench.start("hub")
    bench.wait_hub(PATIENCE)
    return time.monotonic() - begin


@pytest.fixture(scope="module")
def running(bench: Workbench, admin: Person) -> Iterator[dict[str, str]]:
    answer = admin.api("POST", path(""), json=CHOICE)
    assert answer.status_code in (201, 202), answer.text
    yield admin.wait_ready()
    admin.api("DELETE", path(""))
    wait_for(lambda: not admin.server(), 30, bench.log)


def test_killed_with_a_server_running_no_request_fails(
    bench: Workbench, admin: Person, running: dict[str, str]
) -> None:
    before = processes.running(bench.place.workloads)
    with visiting(bench, running) as visitor:
        took = [kill_hub(bench) for _ in range(2 * ROUNDS)]
        admin.wait_ready()
    assert visitor.asked > 50
    assert visitor.failures == []
    assert processes.running(bench.place.workloads) == before
    print(f"hub back after {', '.join(f'{one:.1f}' for one in took)} s")
    assert min(took) < limit(3 * BACK)  # the figure is printed; the machine may be busy with other things


def test_who_is_in_stays_in_while_the_hub_is_away(
    bench: Workbench, admin: Person, running: dict[str, str]
) -> None:
    """Longer than the ten seconds for which a Jupyter server remembers what the hub said."""
    token = admin.api("POST", "users/admin/tokens", json={"note": "test", "expires_in": 600}).json()["token"]
    leaks.note("a token of the admin", token)
    url = bench.url.rstrip("/") + running["url"] + "api/status"
    with httpx.Client(headers={"Authorization": f"token {token}"}, timeout=30) as client:
        assert client.get(url).status_code == 200
        bench.kill("hub")
        try:
            for _ in range(26):
                assert client.get(url).status_code == 200
                time.sleep(0.5)
            strange = client.get(url, headers={"Authorization": "token nobody-has-it"})
            assert strange.status_code >= 400, "nobody new comes in"
        finally:
            bench.start("hub")
            bench.wait_hub(PATIENCE)
        assert client.get(url).status_code == 200


def test_killed_in_the_middle_of_a_start(bench: Workbench, admin: Person, running: dict[str, str]) -> None:
    """At moments over the whole of a start: the server comes up under the new hub, or is not there at all."""
    moments = random.Random(7)
    for turn in range(3 * ROUNDS):
        name = f"mid-{turn}"
        with visiting(bench, running) as visitor:
            asking = threading.Thread(target=_ask, args=(bench, admin, name))
            asking.start()
            time.sleep(moments.uniform(0.0, 3.0))
            kill_hub(bench)
            asking.join()
            wait_for(lambda name=name: _settled(admin, name), 60, bench.log)
        assert visitor.failures == []
        server = admin.server(name)
        folders = [one for one in processes.running(bench.place.workloads) if _of(one, name, bench)]
        if server and server["ready"]:
            assert admin.http.get(server["url"] + "lab").status_code == 200
            assert admin.api("DELETE", path(name)).status_code in (202, 204)
            wait_for(lambda name=name: not (admin.server(name) or {}).get("ready"), 30, bench.log)
        else:
            assert len(folders) == 0, "a process without a server is an orphan"
        wait_for(lambda: len(processes.running(bench.place.workloads)) == 1, 30, bench.log)
        answer = admin.api("POST", path(name), json=CHOICE)  # and the next start works
        assert answer.status_code in (201, 202), answer.text
        admin.wait_ready(name)
        admin.api("DELETE", path(name))
        wait_for(lambda: len(processes.running(bench.place.workloads)) == 1, 30, bench.log)


def _ask(bench: Workbench, admin: Person, name: str) -> None:
    headers = {"X-XSRFToken": admin.xsrf(), "Referer": bench.url + "hub/home"}
    with httpx.Client(cookies=admin.http.cookies, headers=headers, timeout=3) as client:
        try:
            client.post(f"{bench.url}hub/api/{path(name)}", json=CHOICE)
        except httpx.HTTPError:
            return  # the hub was killed meanwhile


def _settled(admin: Person, name: str) -> bool:
    server = admin.server(name)
    return not server or bool(server["ready"]) or (not server["pending"] and bool(server["stopped"]))


def _of(folder: Path, name: str, bench: Workbench) -> bool:
    numbers = [n for n, one in enumerate(bench.service.asked, 1) if one.server == name]
    return any(folder.name.startswith(f"session-{number:04d}-") for number in numbers)
