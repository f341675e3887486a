"""What the audit says of a change: who, as what, from where; of one request, the same id."""

import sqlite3
from collections.abc import Iterator

import pytest

from tests.service.conftest import town as town_fixture
from tests.service.town import Town

town = town_fixture


@pytest.fixture
def entries(town: Town) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(town.place.service / "notebench.db")
    yield connection
    connection.close()


def newest(entries: sqlite3.Connection, action: str) -> tuple[str, ...]:
    query = "SELECT user, kind, origin, request FROM audit WHERE action = ? ORDER BY number DESC LIMIT 1"
    found: tuple[str, ...] = entries.execute(query, (action,)).fetchone()
    return found


def test_a_program_with_a_hub_token(town: Town, entries: sqlite3.Connection) -> None:
    town.set_project("brass", {"ana": "owner"})
    user, kind, origin, request = newest(entries, "project-put")
    assert (user, kind, origin) == ("admin", "hub-token", "127.0.0.1")
    assert len(request) == 12


def test_a_header_of_the_clients_own_is_not_believed(town: Town, entries: sqlite3.Connection) -> None:
    members = [{"user": "ana", "role": "editor"}]
    program = town.program("admin", **{"X-Forwarded-For": "203.0.113.7", "X-Real-IP": "203.0.113.8"})
    program.put("projects/alloys", json={"members": members}).raise_for_status()
    assert newest(entries, "project-put")[2] == "127.0.0.1"


def test_a_session_that_the_hub_asked_for(town: Town, entries: sqlite3.Connection) -> None:
    town.grant("ana")
    assert newest(entries, "session-start")[:3] == ("ana", "hub", "")


def test_the_chain_of_a_real_service_holds(town: Town) -> None:
    from notebench_hub.service.store import Store, audit_reading

    store = Store(town.place.service / "notebench.db", audit_key=town.place.secret("audit-key"))
    verdict = store.read_now(audit_reading.verify)
    store.close()
    assert verdict.whole, verdict
    assert verdict.entries > 1
