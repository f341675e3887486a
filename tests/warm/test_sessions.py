"""Sessions of a whole installation: warm where something waits, twenty at once without a failure."""

import json
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import httpx
import psutil
import pytest
from notebench_hub.place import Place
from notebench_spawner import processes

from tests.hub.workbench import Person
from tests.installation import Installation, wait_for

CROWD = 20
CHOICE = {"image": "scientific", "profile": "small", "acting_for": "personal"}


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(tmp_path_factory.mktemp("warm") / "state", warm=2)
    try:
        made.up()
        yield made
    finally:
        made.down()


@pytest.fixture(scope="module")
def hub(installation: Installation) -> Person:
    """The admin, as a browser: programs' tokens may less."""
    place = Place(installation.state)
    bench: Any = SimpleNamespace(
        url=installation.url, log=lambda: (place.logs / "hub.log").read_text()[-3000:]
    )
    return Person(bench, "admin", place.secret("admin-password"))


def kept(installation: Installation, kind: str) -> dict[str, Any]:
    said = installation.command("status", "--json", check=False).stdout

    return next((one for one in json.loads(said)["warm"] if one["kind"] == kind), {})


def server(hub: Person, user: str) -> dict[str, Any]:
    found: dict[str, Any] = hub.api("GET", f"users/{user}").raise_for_status().json()["servers"].get("", {})
    return found


def start(hub: Person, user: str) -> dict[str, Any]:
    answer = hub.api("POST", f"users/{user}/server", json=CHOICE)
    assert answer.status_code in (201, 202), answer.text
    return wait_for(lambda: (found := server(hub, user)).get("ready") and found, 400, f"{user}'s server", 1)


def stop(hub: Person, user: str) -> None:
    hub.api("DELETE", f"users/{user}/server")
    wait_for(lambda: not server(hub, user), 60, f"the end of {user}'s server", 0.2)


def shims(installation: Installation) -> dict[str, psutil.Process]:
    """The shims of running sessions, by their workload."""
    found = processes.running(Place(installation.state).workloads)
    return {one.name: psutil.Process(record.pid) for one in found if (record := processes.read_handle(one))}


def test_a_session_in_a_process_that_waited(installation: Installation, hub: Person) -> None:
    wait_for(lambda: kept(installation, "session").get("ready") == 2, 120, "two that wait")
    assert "2 of 2" in installation.command("status", check=False).stdout
    found = start(hub, "admin")
    ((name, shim),) = shims(installation).items()
    assert "--warm" in shim.cmdline()
    jupyter = shim.children()[0]
    assert jupyter.cwd() == str(Place(installation.state).homes / "admin")
    until_marked = {process.pid for process in processes.marked({name})}
    assert {shim.pid, jupyter.pid} <= until_marked
    log = (Place(installation.state).workloads / name / "output.log").read_text()
    assert "is running at" in log
    assert "nobody-" not in log
    assert "/nonexistent" not in log
    url = installation.url.rstrip("/") + found["url"]
    headers = {"Authorization": f"token {installation.token('admin')}"}
    status = httpx.get(url + "api/status", headers=headers, timeout=60)
    assert status.status_code == 200
    made = httpx.post(url + "api/kernels", json={"name": "python3"}, headers=headers, timeout=60)
    assert made.status_code == 201
    (kernel,) = [one for one in jupyter.children() if "ipykernel_launcher" in " ".join(one.cmdline())]
    environ = kernel.environ()
    assert environ["HOME"] == str(Place(installation.state).homes / "admin")
    assert environ["NOTEBENCH_WORKLOAD"] == name
    assert not [word for word in environ.values() if "nobody-" in word]
    wait_for(lambda: kept(installation, "session").get("ready") == 2, 120, "two that wait again")
    stop(hub, "admin")
    end = processes.read_exit(Place(installation.state).workloads / name)
    assert end is not None
    assert end.stopped


def watched_start(hub: Person, user: str) -> list[dict[str, Any]]:
    """Start, and read what the waiting page reads, to its end."""
    answer = hub.api("POST", f"users/{user}/server", json=CHOICE)
    assert answer.status_code in (201, 202), answer.text
    headers = {"X-XSRFToken": hub.xsrf(), "Referer": hub.bench.url + "hub/home"}
    address, found = f"hub/api/users/{user}/server/progress", []
    with hub.http.stream("GET", address, headers=headers, timeout=400) as lines:
        for line in lines.iter_lines():
            if line.startswith("data:"):
                found.append(json.loads(line.removeprefix("data:")))
    return found


def test_twenty_at_once_without_a_failure(installation: Installation, hub: Person) -> None:
    people = [f"person-{number}" for number in range(CROWD)]
    assert hub.api("POST", "users", json={"usernames": people}).status_code == 201
    with ThreadPoolExecutor(CROWD) as pool:
        told = list(pool.map(lambda user: watched_start(hub, user), people))
    assert [events[-1].get("ready") for events in told] == [True] * CROWD, told
    place, running = Place(installation.state), shims(installation)
    assert len(running) == CROWD
    assert {noted.user for name in running if (noted := processes.read_note(place.workloads / name))} == set(
        people
    )
    waited = {event["message"] for events in told for event in events if "turn" in event["message"]}
    assert "Waiting for a turn; starts before yours: 1" in waited
    for user in people:
        hub.api("DELETE", f"users/{user}/server")
    wait_for(lambda: not shims(installation), 120, "the end of all", 0.5)


def test_who_waits_for_a_turn_can_leave(installation: Installation, hub: Person) -> None:
    people = [f"person-{number}" for number in range(CROWD)]
    *others, leaving = people[:10]
    headers = {"X-XSRFToken": hub.xsrf(), "Referer": hub.bench.url + "hub/home"}
    with ThreadPoolExecutor(CROWD) as pool:
        starts = [pool.submit(start, hub, user) for user in others]
        wait_for(lambda: all(server(hub, user) for user in others), 60, "nine that start", 0.05)
        last = pool.submit(hub.api, "POST", f"users/{leaving}/server", json=CHOICE)
        wait_for(lambda: server(hub, leaving), 60, "the one that waits", 0.05)
        address = f"hub/api/users/{leaving}/server/progress"
        with hub.http.stream("GET", address, headers=headers, timeout=60) as lines:
            assert any("Waiting for a turn" in line for line in lines.iter_lines())
        assert hub.api("DELETE", f"users/{leaving}/server").status_code in (202, 204)
        last.result()
        assert all(one.result()["ready"] for one in starts)
    wait_for(lambda: not server(hub, leaving), 30, "its end", 0.2)
    assert len(shims(installation)) == len(others)
    for user in others:
        hub.api("DELETE", f"users/{user}/server")
    wait_for(lambda: not shims(installation), 120, "the end of all", 0.5)


def test_a_killed_hub_leaves_nothing_that_waits(installation: Installation, hub: Person) -> None:
    wait_for(lambda: kept(installation, "session").get("ready") == 2, 180, "two that wait")
    pid = int(installation.status()["hub"]["pid"])
    below = psutil.Process(pid).children(recursive=True)
    waiting = [one for one in below if one.status() != psutil.STATUS_ZOMBIE]
    assert len(waiting) == 4
    os.kill(pid, signal.SIGKILL)
    wait_for(
        lambda: not any(one.is_running() and one.status() != "zombie" for one in waiting), 10, "their end"
    )
    installation.wait_healthy()
    wait_for(lambda: kept(installation, "session").get("ready") == 2, 120, "two that wait, of the new hub")
