"""F1: the hub killed with servers running: no request to them fails, and none of them is lost."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from notebench_spawner import processes

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
    assert min(took) < limit(BACK)
