"""The store on a PostgreSQL server: several services at once, a server that goes away, one state."""

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from notebench.contract.errors import Refused, Unavailable
from notebench.contract.people import Member, Role
from notebench_hub.databases import Server
from notebench_hub.service.asker import Owner
from notebench_hub.service.store import Store, Transaction, audit, audit_reading, devices, projects, runs
from notebench_hub.service.store.runs import NewRun
from notebench_spawner.catalogue.devices import Device
from notebench_spawner.workload import Kind

from tests.postgres.both import OPEN, Database
from tests.postgres.server import PASSWORD, Postgres, query, running

KEY = "k" * 64
DUE = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def here(postgres: Postgres) -> Iterator[Database]:
    found = Database(postgres.database())
    yield found
    found.close()


@pytest.fixture
def store(here: Database) -> Store:
    opened = here.store(audit_key=KEY)
    opened.open()
    return opened


def test_every_text_is_compared_by_its_characters(store: Store, here: Database) -> None:
    """The server's own order is another one: that of English words."""
    rows = here.run(
        "SELECT table_name, column_name, collation_name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND data_type IN ('text', 'character varying') "
        "AND table_name <> 'alembic_version'"
    )
    assert len(rows) > 50
    assert [row for row in rows if row[2] != "C"] == []


def test_names_have_one_order_in_both_kinds(database: Database) -> None:
    store = database.store()
    store.open()
    names = ["b", "A", "a", "B", "ä", "a-b", "ab", "Z", "_"]
    for name in names:
        store.write_now(projects.put, name, [])
    assert store.read_now(projects.names) == sorted(names)


def test_a_read_sees_one_state(database: Database) -> None:
    store = database.store()
    store.open()

    def twice(tx: Transaction) -> tuple[list[str], list[str]]:
        before = projects.names(tx)
        writing = threading.Thread(target=store.write_now, args=(projects.put, "late", []))
        writing.start()
        writing.join()
        return before, projects.names(tx)

    assert store.read_now(twice) == ([], [])
    assert store.read_now(projects.names) == ["late"]


def test_what_reads_cannot_write(store: Store) -> None:
    with pytest.raises(Unavailable):
        store.read_now(projects.put, "alloys", [Member(user="ana", role=Role.owner)])


def test_what_no_server_keeps_is_the_askers_mistake(store: Store) -> None:
    with pytest.raises(Refused) as refusal:
        store.write_now(projects.put, "a\0b", [])
    assert refusal.value.kind == "store-value"


def test_two_services_never_take_the_same(store: Store, here: Database) -> None:
    """Both look what is free, then take it; nothing is given twice, and nothing is lost."""
    other = here.store(audit_key=KEY)
    known = [Device(id=f"gpu-{number}", resource="gpu") for number in range(8)]
    given: list[str] = []

    def take(through: Store, who: str) -> None:
        for number in range(8):
            holder = devices.Holder(f"{who}-{number}", Kind.run, f"{who}-{number}", who)
            got = through.write_now(devices.reserve, holder, {"gpu": 1}, known)
            through.write_now(audit.note, who, "personal", "made", str(number))
            given.extend((got or {}).get("gpu", []))

    _at_once(lambda: take(store, "ana"), lambda: take(other, "ben"))
    assert sorted(given) == [one.id for one in known]
    verdict = store.read_now(audit_reading.verify)
    assert (verdict.whole, verdict.entries) == (True, 17)


def test_two_services_claim_each_run_once(store: Store, here: Database) -> None:
    def fill(tx: Transaction) -> None:
        for number in range(30):
            runs.add(tx, NewRun(f"r{number}", Owner("ana"), "a.ipynb", {}, "minimal", "small", 60))

    store.write_now(fill)
    other = here.store(audit_key=KEY)
    claimed: list[str] = []

    def claim(through: Store) -> None:
        for most in range(1, 31):
            claimed.extend(one.run.id for one in through.write_now(runs.claim, most))

    _at_once(lambda: claim(store), lambda: claim(other))
    assert sorted(claimed) == sorted(f"r{number}" for number in range(30))


PROGRAM = f"""{OPEN}
store.open()
who = sys.argv[2]
for number in range(60):
    store.write_now(projects.put, f"{{who}}-{{number}}", [])
print("ready")
"""


def test_two_processes_start_and_write_at_once(here: Database) -> None:
    """On an empty database: one of them makes the tables, and both go on."""
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, here.words, who],
            env=here.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for who in ("ana", "ben", "cem")
    ]
    said = [program.communicate(timeout=120)[0] for program in programs]
    assert said == ["ready\n"] * 3
    store = here.store()
    assert len(store.read_now(projects.names)) == 180


def test_a_migration_that_fails_has_not_happened(here: Database) -> None:
    here.migrated_to("0002")
    here.run("CREATE TABLE devices (mine text)")  # in the way of the last but one
    before = here.run("SELECT table_name, column_name FROM information_schema.columns ORDER BY 1, 2")
    with pytest.raises(Exception, match="devices"):
        here.store().open()
    assert here.run("SELECT version_num FROM alembic_version") == [("0002",)]
    assert here.run("SELECT table_name, column_name FROM information_schema.columns ORDER BY 1, 2") == before


def test_a_wrong_password_is_said_and_not_shown(here: Database) -> None:
    assert isinstance(here.where, Server)
    wrong = Server(here.where.address, "another-password-that-is-wrong")
    store = Store(wrong)
    with pytest.raises(Unavailable, match="password authentication failed") as refusal:
        store.open()
    store.close()
    shown = f"{refusal.value!r} {refusal.value.__cause__} {wrong!r} {wrong.url} {store._engines}"
    assert wrong.password not in shown
    assert "another-password" not in shown


@pytest.fixture
def own() -> Iterator[Postgres]:
    """One that a test may kill."""
    with running() as server:
        yield server


async def test_a_server_that_is_killed_loses_nothing_and_is_found_again(own: Postgres) -> None:
    database = own.database()
    store = Store(database, audit_key=KEY, busy_ms=5000)
    store.open()
    acknowledged: list[int] = []
    refused: list[Exception] = []
    killed, ended = asyncio.Event(), asyncio.Event()

    async def write(first: int) -> None:
        for number in range(first, 100_000, 4):
            if ended.is_set():
                return
            try:
                await store.write(audit.note, "ana", "personal", "made", str(number))
                acknowledged.append(number)
            except Unavailable as error:
                refused.append(error)
                await asyncio.sleep(0.02)

    async def trouble() -> None:
        for _ in range(2):
            done = len(acknowledged)
            await _until(lambda done=done: len(acknowledged) > done + 50)
            await asyncio.to_thread(own.kill)
            killed.set()
            said = len(refused)
            await _until(lambda said=said: len(refused) > said)
            with pytest.raises(Unavailable):
                await store.read(projects.names)
            await asyncio.to_thread(own.start)
        done = len(acknowledged)
        await _until(lambda: len(acknowledged) > done + 50)
        ended.set()

    await asyncio.gather(trouble(), *(write(first) for first in range(4)))
    things = {thing for (thing,) in query(database, "SELECT thing FROM audit")}
    assert {str(number) for number in acknowledged} <= things
    assert store.read_now(audit_reading.verify).whole
    assert all(PASSWORD not in str(error) for error in refused)
    store.close()


async def _until(true: object, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


def _at_once(*doings: object) -> None:
    threads = [threading.Thread(target=one) for one in doings]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
