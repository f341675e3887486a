"""The audit's chain: append-only in the database itself, and whoever goes around that is found out."""

import shutil
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from notebench_hub.service.store import Store, Transaction, audit, audit_reading

from tests.postgres.both import Database

KEY = "the-key-of-the-tests"
TRIGGERS = {
    "sqlite": """SELECT 'DROP TRIGGER ' || name FROM sqlite_master WHERE type = 'trigger'""",
    "postgresql": "SELECT format('DROP TRIGGER %I ON %I', tgname, tgrelid::regclass) FROM pg_trigger "
    "WHERE NOT tgisinternal",
}
REPLACED = {
    "sqlite": "INSERT OR REPLACE INTO {table} SELECT * FROM {table} WHERE number = {number}",
    "postgresql": "INSERT INTO {table} SELECT * FROM {table} WHERE number = {number} "
    "ON CONFLICT ({key}) DO UPDATE SET chain = 'x'",
}


@pytest.fixture
def store(database: Database) -> Store:
    opened = database.store(audit_key=KEY)
    opened.open()
    for number in range(2, 8):
        opened.write_now(audit.note, "ana", "personal", "made", f"thing-{number}", size=number)
    return opened


def test_the_first_entry_is_the_beginning(store: Store) -> None:
    verdict = store.read_now(audit_reading.verify)
    assert (verdict.whole, verdict.entries, verdict.broken_at) == (True, 7, 0)
    assert verdict.head.startswith("7:")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit SET \"user\" = 'ben' WHERE number = 3",
        "DELETE FROM audit WHERE number = 7",
        "DELETE FROM audit",
        "UPDATE audit_head SET number = 6",
        "UPDATE audit_head SET seal = ''",
        "DELETE FROM audit_head",
    ],
)
def test_the_database_refuses(store: Store, database: Database, change: str) -> None:
    with pytest.raises(Exception, match="append-only"):
        database.run(change)
    assert store.read_now(audit_reading.verify).whole


def test_the_database_refuses_what_would_replace(store: Store, database: Database) -> None:
    for table, number, key in (("audit", 3, "number"), ("audit_head", 7, "id")):
        with pytest.raises(Exception, match="append-only"):
            database.run(REPLACED[database.kind].format(table=table, number=number, key=key))
        if database.kind == "postgresql":
            with pytest.raises(Exception, match="append-only"):
                database.run(f"TRUNCATE {table}")
    assert store.read_now(audit_reading.verify).whole


def _force(database: Database, *changes: str) -> None:
    database.run(*(words for (words,) in database.run(TRIGGERS[database.kind])), *changes)


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        (["UPDATE audit SET \"user\" = 'ben' WHERE number = 3"], 3),
        (["UPDATE audit SET detail = '{}' WHERE number = 3"], 3),
        (["UPDATE audit SET origin = '10.0.0.1' WHERE number = 3"], 3),
        (["UPDATE audit SET reason = 'x' WHERE number = 3"], 3),
        (["UPDATE audit SET moment = '2020-01-01T00:00:00.000000+00:00' WHERE number = 3"], 3),
        (["UPDATE audit SET before = '{}' WHERE number = 3"], 3),
        (["DELETE FROM audit WHERE number = 3"], 3),
        (["DELETE FROM audit WHERE number = 3", "UPDATE audit SET number = number - 1 WHERE number > 3"], 3),
        (["UPDATE audit SET scheme = 0 WHERE number = 3"], 3),
        # Cut off at the end
        (["DELETE FROM audit WHERE number > 5"], 0),
        (["DELETE FROM audit"], 0),
        (["DELETE FROM audit_head"], 0),
        (
            [
                "DELETE FROM audit WHERE number > 5",
                "UPDATE audit_head SET number = 5, chain = (SELECT chain FROM audit WHERE number = 5)",
            ],
            0,
        ),
    ],
)
def test_who_goes_around_the_database_is_found_out(
    store: Store, database: Database, changes: list[str], broken: int
) -> None:
    _force(database, *changes)
    verdict = store.read_now(audit_reading.verify)
    assert not verdict.whole
    assert verdict.reason
    assert verdict.broken_at == broken
    store.open()  # nothing is healed by a restart
    store.write_now(audit.note, "ana", "personal", "made", "later")
    assert not store.read_now(audit_reading.verify).whole


def test_without_the_key_nobody_makes_a_chain(store: Store, database: Database) -> None:
    database.store(audit_key="another").write_now(audit.note, "eve", "personal", "made", "up")
    assert store.read_now(audit_reading.verify).broken_at == 8


def test_a_database_that_was_put_back_shows_with_a_noted_head(tmp_path: Path) -> None:
    store = Store(tmp_path / "notebench.db", audit_key=KEY)
    store.open()
    with sqlite3.connect(store.file) as connection:
        connection.execute("VACUUM INTO ?", (str(tmp_path / "old.db"),))
    store.write_now(audit.note, "eve", "personal", "made", "trouble")
    noted = store.read_now(audit_reading.verify).head
    assert store.read_now(audit_reading.verify, noted).whole
    old = Store(Path(shutil.copy(tmp_path / "old.db", tmp_path / "put-back.db")), audit_key=KEY)
    assert old.read_now(audit_reading.verify).whole, "an older state is whole in itself"
    assert not old.read_now(audit_reading.verify, noted).whole
    old.close()
    store.close()


def test_many_at_once_make_one_chain(store: Store, database: Database) -> None:
    second = database.store(audit_key=KEY)

    def write(through: Store) -> None:
        for number in range(40):
            through.write_now(audit.note, "ana", "personal", "made", str(number))

    threads = [threading.Thread(target=write, args=(one,)) for one in (store, second, store, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.read_now(audit_reading.verify).entries == 167
    assert store.read_now(audit_reading.verify).whole


def test_entries_from_before_the_key_stay_and_hold(database: Database) -> None:
    """A state of the first release: its plain chain goes on as a keyed one."""
    database.migrated_to("0002")
    chain = ""
    for number in (1, 2):
        chain = _old_link(chain, number)
        values = f"{number}, '{_MOMENT}', 'ana', 'personal', 'made', 'x', '{{\"size\": 1}}', '{chain}'"
        database.run(f"INSERT INTO audit VALUES ({values})")
    store = database.store(audit_key=KEY)
    store.open()
    verdict = store.read_now(audit_reading.verify)
    assert (verdict.whole, verdict.entries) == (True, 3), verdict
    _force(database, "UPDATE audit SET \"user\" = 'ben' WHERE number = 1")
    assert store.read_now(audit_reading.verify).broken_at == 1


_MOMENT = "2026-11-20T08:00:00.000000+00:00"


def _old_link(before: str, number: int) -> str:
    """As the first release made it."""
    import json
    from datetime import datetime
    from hashlib import sha256

    moment = datetime.fromisoformat(_MOMENT).isoformat()
    facts = [before, number, moment, "ana", "personal", "made", "x", {"size": 1}]
    return sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


SECRET = "nbt_session_" + "Ab3_" * 10


@pytest.mark.parametrize(
    "facts",
    [
        {"token": "0123456789abcdef"},
        {"client_secret": "0123456789abcdef"},
        {"inner": {"password": "0123456789abcdef"}},
        {"list": [{"api-key": "0123456789abcdef"}]},
        {"words": f"it said Bearer 0123456789abcdef and {SECRET}"},
        {SECRET: 1},
    ],
)
def test_no_secret_gets_in(store: Store, database: Database, facts: dict[str, Any]) -> None:
    def write(tx: Transaction) -> None:
        audit.note(
            tx, "ana", "personal", "made", SECRET, before=facts, after=facts, reason=SECRET, more=facts
        )

    store.write_now(write)
    content = str(database.run("SELECT * FROM audit"))
    if isinstance(database.where, Path):
        content += "".join(file.read_bytes().decode("latin-1") for file in database.where.parent.iterdir())
    for secret in ("0123456789abcdef", SECRET):
        assert secret not in content


def test_whatever_people_call_things_can_be_noted(store: Store) -> None:
    for name in ("a\0b", "\ud800", "x" * 10_000, "<script>", "\u202e", "", "'; DROP TABLE audit --"):
        store.write_now(audit.note, name, name, "made", name, before={name: name}, reason=name)
    assert store.read_now(audit_reading.verify).whole
