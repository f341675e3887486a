"""The store: migrations, one writer, nothing lost that was acknowledged."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from notebench.contract.errors import Refused, Unavailable
from notebench.contract.people import Member, Role
from notebench.contract.runs import Progress, RunReport, RunState
from notebench_hub.service import refusals
from notebench_hub.service.asker import Asker, AskerKind, Owner
from notebench_hub.service.doors.tokens import Tokens
from notebench_hub.service.runs.desk import Desk
from notebench_hub.service.store import Store, Transaction, audit, audit_reading, projects, runs
from notebench_hub.service.store.base import Table
from notebench_hub.service.store.dialects import WRITER
from notebench_hub.service.store.runs import NewRun

from tests.postgres.both import OPEN, Database
from tests.postgres.server import PASSWORD


@pytest.fixture
def store(database: Database) -> Store:
    opened = database.store()
    opened.open()
    return opened


def test_migrations_make_what_the_code_expects(store: Store, database: Database) -> None:
    import notebench_hub.service.app  # noqa: F401 - knows all tables

    with database.engine().connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, Table.metadata) == []


def test_open_twice_keeps_everything(store: Store, database: Database) -> None:
    store.write_now(projects.put, "alloys", [Member(user="ana", role=Role.owner)])
    again = database.store()
    again.open()
    assert again.read_now(projects.names) == ["alloys"]


def test_newer_database_is_refused_and_untouched(store: Store, database: Database) -> None:
    database.run("UPDATE alembic_version SET version_num = '9999'")
    before = database.run("SELECT * FROM audit")
    with pytest.raises(Refused, match="newer version") as refusal:
        store.open()
    assert PASSWORD not in str(refusal.value)
    assert database.run("SELECT * FROM audit") == before
    assert database.run("SELECT version_num FROM alembic_version") == [("9999",)]


def test_an_older_database_is_brought_to_this_version(database: Database) -> None:
    database.migrated_to("0001")
    database.run("INSERT INTO projects VALUES ('alloys', '2026-01-01T00:00:00.000000+00:00')")
    store = database.store()
    store.open()
    assert store.read_now(projects.names) == ["alloys"]
    if isinstance(database.where, Path):
        assert database.where.with_name("notebench.db.0001.bak").exists()


def test_a_failed_write_leaves_nothing(store: Store) -> None:
    def half(tx: Transaction) -> None:
        projects.put(tx, "alloys", [])
        raise KeyError("on purpose")

    with pytest.raises(KeyError):
        store.write_now(half)
    assert store.read_now(projects.names) == []


async def test_many_writers_and_readers_at_once(store: Store, database: Database) -> None:
    store = database.store(busy_ms=120_000)  # on a busy machine the last one waits for long

    async def write(number: int) -> None:
        await store.write(audit.note, "ana", "personal", "test", str(number))
        await store.read(projects.names)

    await asyncio.gather(*(write(number) for number in range(100)))
    assert store.read_now(audit_reading.first_break) is None


def test_locked_database_is_unavailable_not_broken(store: Store, database: Database) -> None:
    impatient = database.store(busy_ms=200)
    with held(database), pytest.raises(Unavailable):
        impatient.write_now(projects.put, "alloys", [])
    impatient.write_now(projects.put, "alloys", [])


@contextmanager
def held(database: Database) -> Iterator[None]:
    """Another process writes, and does not come to an end."""
    if isinstance(database.where, Path):
        with closing(sqlite3.connect(database.where, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            yield
        return
    with psycopg.connect(database.where.address, password=PASSWORD) as server:
        server.execute("SELECT pg_advisory_xact_lock(%s)", [WRITER])
        yield


WRITER_PROGRAM = f"""{OPEN}
for number in range(100_000):
    store.write_now(projects.put, f"p{{number}}", [])
    print(number, flush=True)
"""


def test_killed_in_the_middle_of_writing(store: Store, database: Database) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER_PROGRAM, database.words],
        env=database.environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout
    acknowledged = [writer.stdout.readline() for _ in range(50)]
    writer.send_signal(signal.SIGKILL)
    acknowledged += writer.stdout.read().splitlines(keepends=True)
    writer.wait()
    whole = [int(line) for line in acknowledged if line.endswith("\n")]
    names = set(store.read_now(projects.names))
    assert {f"p{number}" for number in whole} <= names
    store.write_now(projects.put, "after", [])


def test_the_queue_of_an_owner_has_an_end(store: Store) -> None:
    def fill(tx: Transaction, owner: Owner) -> None:
        for number in range(refusals.QUEUE):
            runs.add(tx, NewRun(f"{owner.user}-{number}", owner, "a.ipynb", {}, "minimal", "small", 60))

    store.write_now(fill, Owner("ana"))
    with pytest.raises(Refused, match="waiting already"):
        store.read_now(refusals.check_queue, Owner("ana"))
    store.read_now(refusals.check_queue, Owner("dan"))


def test_a_run_that_is_cancelled_while_it_waits_again_has_no_token(store: Store) -> None:
    """Its process may come up late, after a start that took too long."""
    ana = Asker("ana", "personal", Role.owner, AskerKind.hub_token)
    tokens = Tokens(store)

    async def story() -> None:
        await store.write(runs.add, NewRun("r1", ana.owner, "a.ipynb", {}, "minimal", "small", 60))
        await store.write(runs.claim, 1)
        token = await tokens.issue(AskerKind.run, "r1", "ana", "personal")
        await store.write(runs.wait, "r1", "It waits.")
        desk = Desk(cast(Any, SimpleNamespace(store=store, tokens=tokens)))
        assert (await desk.cancel(ana, "r1")).state is RunState.cancelled
        assert await tokens.find(token) is None

    asyncio.run(story())


def test_a_run_on_a_cluster_says_where_it_runs_until_it_ends(store: Store) -> None:
    late = NewRun("r1", Owner("ana"), "a.ipynb", {}, "minimal", "small", 60, note="It is late.")
    store.write_now(runs.add, late)
    store.write_now(runs.runs_on, "r1", "node-a")
    store.write_now(runs.claim, 1)
    store.write_now(runs.launched, "r1", {"backend": "kubernetes"})

    def said(state: RunState, sequence: int, reason: str = "") -> str:
        report = RunReport(sequence=sequence, state=state, progress=Progress(), reason=reason)
        store.write_now(runs.report, "r1", report)
        found = store.read_now(runs.find, "r1")
        assert found is not None
        return found.run.reason

    assert said(RunState.running, 1) == "It is late."
    store.write_now(runs.runs_on, "r1", "node-a")
    assert said(RunState.running, 2) == "It is late. It runs on node node-a."
    store.write_now(runs.runs_on, "r1", "node-a")
    assert said(RunState.running, 3) == "It is late. It runs on node node-a."
    assert said(RunState.succeeded, 4) == "It is late."
