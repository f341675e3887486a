"""A dead session is noticed within five seconds: by the hub, the proxy and the record of the session."""

import os
import signal
import time
from pathlib import Path

import httpx
import psutil
import pytest
from notebench_spawner import processes

from tests.faults.conftest import PATIENCE, limit
from tests.hub.workbench import Person, Workbench, wait_for

NOTICED = 5.0


def start(person: Person) -> Path:
    """A running session: the folder of its process."""
    answer = person.api("POST", "users/admin/server", json={"image": "scientific", "profile": "small"})
    assert answer.status_code in (201, 202), answer.text
    person.wait_ready()
    (folder,) = processes.running(person.bench.place.workloads)
    return folder


def victim(folder: Path, who: str) -> int:
    """The shim of a session, or the notebook server below it."""
    record = processes.read_handle(folder)
    assert record
    (server,) = psutil.Process(record.pid).children()
    return record.pid if who == "shim" else server.pid


@pytest.mark.parametrize("who", ["server", "shim"])
def test_its_death_is_noticed_within_five_seconds(bench: Workbench, admin: Person, who: str) -> None:
    folder = start(admin)
    session = folder.name.removeprefix("session-")
    left = [one.pid for one in processes.marked({folder.name})]
    begin = time.monotonic()
    os.kill(victim(folder, who), signal.SIGKILL)
    wait_for(lambda: not admin.server(), 30, bench.log)
    hub = time.monotonic() - begin
    route = bench.url + "user/admin/api"
    wait_for(lambda: "/hub/" in httpx.get(route).headers.get("location", ""), 10, bench.log)
    proxy = time.monotonic() - begin
    wait_for(lambda: bench.service.states(session)[-1:] == ["failed"], 10, bench.log)
    record = time.monotonic() - begin
    print(f"{who}: hub {hub:.1f} s, proxy {proxy:.1f} s, record {record:.1f} s")
    assert max(hub, proxy, record) < limit(NOTICED)
    assert not [pid for pid in left if psutil.pid_exists(pid) and _runs(pid)], "nothing of it is left"
    page = admin.http.get("hub/spawn").text
    assert "signal 9" in page or "Nobody knows how it ended" in page


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_session_that_died_while_the_hub_was_away_is_noticed_at_once(
    bench: Workbench, admin: Person
) -> None:
    folder = start(admin)
    bench.kill("hub")
    os.kill(victim(folder, "server"), signal.SIGKILL)
    bench.start("hub")
    bench.wait_hub(PATIENCE)
    begin = time.monotonic()
    wait_for(lambda: not admin.server(), 30, bench.log)
    assert time.monotonic() - begin < limit(NOTICED)
    start(admin)


def test_a_session_that_the_hub_found_again_is_watched_as_well(bench: Workbench, admin: Person) -> None:
    if not admin.server():
        start(admin)
    (folder,) = processes.running(bench.place.workloads)
    bench.kill("hub")
    bench.start("hub")
    bench.wait_hub(PATIENCE)
    admin.wait_ready()
    begin = time.monotonic()
    os.kill(victim(folder, "server"), signal.SIGKILL)
    wait_for(lambda: not admin.server(), 30, bench.log)
    assert time.monotonic() - begin < limit(NOTICED)
