"""Workloads that go on without a record are found and named, and those with one never."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from notebench.contract.sessions import Session, SessionState
from notebench_hub.service.asker import Owner
from notebench_hub.service.store import Store, runs, sessions
from notebench_hub.service.store import deployments as servers
from notebench_hub.service.store.base import now
from notebench_hub.service.strays import Strays
from notebench_spawner.backends.base import Phase
from notebench_spawner.backends.memory import MemoryBackend
from notebench_spawner.workload import Hardware, ImageVersion, Kind, Workload


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "notebench.db")
    opened.open()
    yield opened
    opened.close()


def workload(name: str) -> Workload:
    return Workload(
        id=name,
        kind=Kind.run,
        user="ada",
        image=ImageVersion(image="i", version="1", identity="i", python="3.11"),
        hardware=Hardware(profile="small", cpu=1, memory_mib=512),
        home=Path("/home/ada"),
        command=["true"],
    )


def recorded(store: Store) -> set[str]:
    """A session, a run and a model server that the records know; their workloads' ids."""
    words = {"image": "i", "version": "1", "identity": "i", "profile": "small"}
    session = Session(
        **words,
        id="s1",
        user="ada",
        server="",
        acting_for="personal",
        state=SessionState.starting,
        started=now(),
    )
    store.write_now(sessions.add, session)
    store.write_now(runs.add, runs.NewRun("r1", Owner("ada", "personal"), "a.ipynb", {}, "i", "small", 60))
    deployment = servers.DeploymentRecord(
        "d1", "tides", "ada", "personal", "m", "1", "i", "i", "small", 1, {}, None
    )
    store.write_now(servers.put, deployment)
    store.write_now(servers.keep, servers.ServerRecord("d1-1-0", "d1", 1, 0, "1", "m", {}))
    return {"session-s1", "run-r1-1", "d1-1-0-1"}


async def test_what_no_record_knows_is_named_at_the_second_look(store: Store) -> None:
    backend = MemoryBackend()
    for name in [*recorded(store), "run-lost-1"]:
        await backend.start(workload(name))
    strays = Strays(store, backend)
    await strays.once()
    assert await strays.health() == ""
    await strays.once()
    assert await strays.health() == (
        "No record knows what goes on here: memory/run-lost-1. Look at what they do, then end them by hand."
    )
    backend.finish("run-lost-1", Phase.failed)
    await strays.once()
    assert await strays.health() == ""


async def test_what_ended_by_its_record_and_goes_on_is_one(store: Store) -> None:
    backend = MemoryBackend()
    for name in recorded(store):
        await backend.start(workload(name))
    store.write_now(sessions.update, "s1", SessionState.stopped)
    store.write_now(runs.finish, "r1", runs.RunState.lost, "")
    store.write_now(servers.drop, "d1-1-0")
    strays = Strays(store, backend)
    await strays.once()
    await strays.once()
    assert {one.workload for one in strays.found} == {"session-s1", "run-r1-1", "d1-1-0-1"}


async def test_many_are_counted(store: Store) -> None:
    backend = MemoryBackend()
    for number in range(9):
        await backend.start(workload(f"run-lost-{number}"))
    strays = Strays(store, backend, every=0.01)
    stop = asyncio.Event()
    running = asyncio.create_task(strays.run(stop))
    async with asyncio.timeout(10):
        while not strays.found:
            await asyncio.sleep(0.01)
    stop.set()
    await running
    assert " and 4 more." in await strays.health()
