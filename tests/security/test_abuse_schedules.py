"""Abuse 16: schedules without measure, or without an owner."""

from datetime import timedelta

import pytest
from notebench_hub.service.asker import Owner
from notebench_hub.service.schedules.desk import MOST
from notebench_hub.service.store import Store, audit_pages, schedules
from notebench_hub.service.store.schedules import ScheduleRecord

from tests.bench import USERS, Bench
from tests.runs.conftest import bench as bench_fixture
from tests.runs.conftest import notebook
from tests.runs.test_refusals import BEGIN, clocked, fire, project_schedule, set_clock

__all__ = ["clocked"]

bench = bench_fixture


@pytest.mark.parametrize("cron", ["* * * * * *", "*/1 * * * * *", "@every 1s", "@reboot", "* * * * * * *"])
def test_abuse_16_not_every_second(clocked: Bench, cron: str) -> None:
    name = notebook(clocked.home(), "a.ipynb", "1")
    with clocked.client() as client:
        answer = client.post("schedules", json={"name": "n", "notebook": name, "cron": cron})
        assert (answer.status_code, answer.json()["code"]) == (400, "cron")
        assert client.get("schedules").json() == []


def test_abuse_16_not_ten_thousand(clocked: Bench) -> None:
    name = notebook(clocked.home(), "a.ipynb", "1")
    with clocked.client() as client:
        wish = {"name": "n", "notebook": name, "cron": "0 3 1 1 *"}
        made = client.post("schedules", json=wish).raise_for_status().json()
        store = Store(clocked.root / "service" / "notebench.db")
        kept = store.read_now(schedules.find, made["id"])
        assert kept
        for number in range(MOST - 1):
            store.write_now(schedules.put, ScheduleRecord(**{**vars(kept), "id": f"more-{number}"}))
        assert store.read_now(schedules.count, Owner("ada")) == MOST
        store.close()
        answer = client.post("schedules", json=wish)
        assert (answer.status_code, answer.json()["code"]) == (400, "too-many-schedules")
        assert answer.json()["message"] == f"There are {MOST} schedules already."
        assert len(client.get("schedules").json()) == MOST


def test_abuse_16_whose_owner_is_gone_stops_and_says_so(clocked: Bench) -> None:
    project_schedule(clocked, "bob")
    clocked.users({name: groups for name, groups in USERS.items() if name != "bob"})
    found = fire(clocked, "ada", "wine")
    assert found["reason"].startswith("The hub knows no user bob any more.")
    with clocked.client("ada", "wine") as ada:

        def stopped() -> bool:
            [schedule] = ada.get("schedules").json()
            return bool(schedule["paused"] and schedule["next_fire_time"] is None)

        clocked.until(stopped)
        set_clock(clocked, BEGIN + timedelta(hours=1))
        assert len(ada.get("runs").json()["runs"]) == 1
    store = Store(clocked.root / "service" / "notebench.db")
    reader, wanted = audit_pages.Reader("ada", ("wine",)), audit_pages.Wanted(what="schedule-change")
    [entry], _ = store.read_now(audit_pages.page, reader, wanted, 10)
    store.close()
    assert (entry.user, entry.concerns, entry.after) == ("", "bob", {"paused": True})
    assert entry.reason.startswith("The hub knows no user bob any more.")
