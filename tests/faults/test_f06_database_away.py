"""F6: a database that is locked, full or takes nothing: 503 with Retry-After, no half row, healed alone.

`broken_disk` makes each of these real, for processes that run: another process holds the lock, a small disk
is full, or every write of the process fails.
"""

import concurrent.futures
import contextlib
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.bench import Bench
from tests.disks import filled, small_disk
from tests.faults.broken_disk import locked, nothing_can_be_written
from tests.hub.workbench import Person, Workbench, wait_for
from tests.mlflow_world import MlflowProcess, World
from tests.runs.conftest import notebook

Fault = Callable[[], AbstractContextManager[None]]


def asked_later(answer: httpx.Response) -> bool:
    return answer.status_code == 503 and int(answer.headers.get("Retry-After", "0")) > 0


def whole(database: Path) -> None:
    with contextlib.closing(sqlite3.connect(database)) as opened:
        assert opened.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert opened.execute("PRAGMA foreign_key_check").fetchall() == []


# The service


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """The service with its store on a disk of its own."""
    root = tmp_path_factory.mktemp("f06") / "state"
    with small_disk(root / "service", 4):
        one = Bench(root, "runs schedules")
        one.up()
        notebook(one.home(), "a.ipynb", "1")
        yield one
        one.down()


def service_fault(service: Bench, kind: str) -> AbstractContextManager[None]:
    database = service.root / "service" / "notebench.db"
    assert service.process
    return {
        "locked": lambda: locked(database),
        "full": lambda: filled(database.parent),
        "takes-nothing": lambda: nothing_can_be_written(service.process.pid if service.process else 0),
    }[kind]()


WISH: dict[str, Any] = {"notebook": "a.ipynb", "cron": "0 6 * * *", "parameters": {"note": "x" * 20_000}}


@pytest.mark.parametrize("kind", ["locked", "full", "takes-nothing"])
def test_service(service: Bench, kind: str) -> None:
    with service.client() as client:
        before = client.get("schedules").json()
        with service_fault(service, kind):
            for name in (f"{kind}-1", f"{kind}-2"):
                answer = client.post("schedules", json={**WISH, "name": name})
                assert asked_later(answer), answer.text
                assert answer.json()["code"] == "store-away"
                assert client.get("schedules").json() == before, "reading goes on"
            assert asked_later(client.post("runs", json={"notebook": "a.ipynb"}))
        made = client.post("schedules", json={**WISH, "name": kind})
        assert made.is_success, made.text
        after = client.get("schedules").json()
        assert {one["name"] for one in after} - {one["name"] for one in before} == {kind}
        assert client.get("runs").json()["runs"] == []
    whole(service.root / "service" / "notebench.db")


def test_service_many_writers_do_not_wait_for_each_other(service: Bench) -> None:
    def ask(number: int) -> float:
        begin = time.monotonic()
        with service.client() as client:
            answer = client.post("schedules", json={**WISH, "name": f"crowd-{number}"}, timeout=60)
        assert asked_later(answer), answer.text
        return time.monotonic() - begin

    with service_fault(service, "locked"), concurrent.futures.ThreadPoolExecutor(12) as pool:
        took = list(pool.map(ask, range(12)))
    assert max(took) < 25  # one after the other would be two minutes


def test_service_started_on_a_disk_that_is_read_only(tmp_path: Path) -> None:
    """It cannot start there, says so, and starts when the disk can be written again."""
    import subprocess

    root = tmp_path / "state"
    with small_disk(root / "service", 8) as disk:
        one = Bench(root)
        one.up()
        notebook(one.home(), "a.ipynb", "1")
        with one.client() as client:
            kept = client.post("runs", json={"notebook": "a.ipynb"}).json()["id"]
        one.kill()
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        with pytest.raises(AssertionError, match=r"readonly database|unable to open database|read-only"):
            one.up()
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
        one.up()
        with one.client() as client:
            assert client.get(f"runs/{kept}").status_code == 200
        one.down()


# The hub


@pytest.fixture
def database(bench: Workbench) -> Path:
    return bench.place.hub / "jupyterhub.sqlite"


def test_hub(bench: Workbench, admin: Person, database: Path) -> None:
    faults: dict[str, Fault] = {
        "locked": lambda: locked(database),
        "takes-nothing": lambda: nothing_can_be_written(bench.running["hub"].pid),
    }
    for kind, fault in faults.items():
        with fault():
            begin = time.monotonic()
            for answer in (
                admin.api("POST", f"users/{kind}"),
                admin.api("POST", "users/admin/tokens", json={"note": "test"}),
                admin.api("POST", "users/admin/server", json={"image": "minimal", "profile": "small"}),
            ):
                assert asked_later(answer), answer.text
                assert "The hub's database does not take this now" in answer.json()["message"]
            assert admin.api("GET", "user").json()["name"] == "admin", "who is signed in stays signed in"
            assert admin.http.get("hub/home").status_code == 200
            assert time.monotonic() - begin < 15
        assert admin.api("GET", f"users/{kind}").status_code == 404, "no half of a user"
        assert not admin.server(), "no half of a start"
        assert admin.api("POST", f"users/{kind}").status_code == 201
    whole(database)


def test_hub_on_a_full_disk(tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.mktemp("f06h")
    with small_disk(root / "state" / "hub", 4) as disk:
        bench = Workbench(root)
        try:
            bench.open()
            person = Person(bench, "admin", bench.admin_password())
            with filled(disk):
                answers = [person.api("POST", f"users/many-{number}") for number in range(60)]
                late = [number for number, answer in enumerate(answers) if answer.status_code != 201]
                assert late, "the disk was not full"
                assert all(asked_later(answers[number]) for number in late)
                assert person.api("GET", "user").status_code == 200
            for number, answer in enumerate(answers):  # what was acknowledged is there, nothing else is
                there = person.api("GET", f"users/many-{number}").status_code == 200
                assert there == (answer.status_code == 201)
            assert person.api("POST", "users/afterwards").status_code == 201
            whole(disk / "jupyterhub.sqlite")
        finally:
            bench.close()


def test_hub_a_session_is_noticed_to_be_dead_while_nothing_can_be_written(
    bench: Workbench, admin: Person, database: Path
) -> None:
    """What happens in the background is not lost: it is done when the database takes it again."""
    from notebench_spawner import processes

    answer = admin.api("POST", "users/admin/server", json={"image": "minimal", "profile": "small"})
    assert answer.status_code in (201, 202), answer.text
    admin.wait_ready()
    (folder,) = processes.running(bench.place.workloads)
    with nothing_can_be_written(bench.running["hub"].pid):
        processes.end(folder, 3)
        time.sleep(2)
        assert admin.api("GET", "user").status_code == 200
    wait_for(lambda: not admin.server(), 20, bench.log)
    answer = admin.api("POST", "users/admin/server", json={"image": "minimal", "profile": "small"})
    assert answer.status_code in (201, 202), answer.text
    admin.wait_ready()
    admin.api("DELETE", "users/admin/server")
    wait_for(lambda: not admin.server(), 30, bench.log)


# MLflow's, behind the gateway


def mlflow_pid(mlflow: MlflowProcess) -> int:
    assert mlflow._process
    return mlflow._process.pid


def test_mlflow(world: World) -> None:
    database = world.place.mlflow / "mlflow.db"
    create = "/mlflow/api/2.0/mlflow/experiments/create"
    search = "/mlflow/api/2.0/mlflow/experiments/search"
    with world.http("session-ann") as http:
        assert http.post(create, json={"name": "before"}).is_success
        faults: dict[str, Fault] = {
            "takes-nothing": lambda: nothing_can_be_written(mlflow_pid(world.mlflow)),
            "locked": lambda: locked(database),
        }
        for kind, fault in faults.items():
            with fault():
                begin = time.monotonic()
                answer = http.post(create, json={"name": kind})
                assert asked_later(answer), answer.text
                assert answer.json()["code"] in {"mlflow-failed", "mlflow-slow"}
                assert http.get(search, params={"max_results": 5}).is_success, "reading goes on"
                print(f"mlflow {kind}: {time.monotonic() - begin:.1f} s")
            names = {
                one["name"] for one in http.get(search, params={"max_results": 500}).json()["experiments"]
            }
            assert kind not in names
            assert http.post(create, json={"name": kind}).is_success, "healed"
    whole(database)
    shutil.rmtree(world.root / "nothing", ignore_errors=True)
