"""The supervisor over small real servers: order, crashes, restarts, silence, the end."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import httpx
import psutil
import pytest
from notebench.contract.errors import NotFound
from notebench_hub.place import Place
from notebench_hub.supervisor import records
from notebench_hub.supervisor.part import Part
from notebench_hub.supervisor.supervisor import PartFailed, Supervisor
from notebench_hub.supervisor.view import PartView, Phase

from .conftest import QUICK, MakePart


@contextlib.asynccontextmanager
async def running(place: Place, *parts: Part, start: bool = True) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(parts, place, pace=QUICK, start_timeout=10)
    try:
        if start:
            await supervisor.start()
        yield supervisor
    finally:
        await supervisor.end()


def look(supervisor: Supervisor, name: str) -> PartView:
    return next(one for one in supervisor.view().parts if one.name == name)


async def until(true: Callable[[], object], seconds: float = 5.0) -> None:
    limit = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < limit, "it did not happen in time"
        await asyncio.sleep(0.02)


async def test_all_parts_answer_and_end_with_it(place: Place, part: MakePart) -> None:
    async with running(place, part("one"), part("two")) as supervisor:
        view = supervisor.view()
        assert view.ready
        assert all(one.healthy for one in view.parts)
        pids = [one.pid for one in view.parts]
        assert set(records.read(place)) == {"one", "two"}
    assert not any(psutil.pid_exists(pid) for pid in pids if pid)
    assert records.read(place) == {}


async def test_a_part_waits_for_what_it_needs(place: Place, part: MakePart) -> None:
    slow, needy = part("slow", "mute"), part("needy", after=("slow",))
    async with running(place, slow, needy, start=False) as supervisor:
        starting = asyncio.create_task(supervisor.start())
        await asyncio.sleep(0.5)
        assert look(supervisor, "slow").phase is Phase.starting
        assert look(supervisor, "needy").phase is Phase.waiting
        starting.cancel()


async def test_a_killed_part_is_started_again_and_the_others_stay(place: Place, part: MakePart) -> None:
    async with running(place, part("one"), part("two")) as supervisor:
        first, other = look(supervisor, "one").pid, look(supervisor, "two").pid
        assert first
        os.kill(first, signal.SIGKILL)
        await until(lambda: look(supervisor, "one").healthy and look(supervisor, "one").pid != first, 3)
        assert look(supervisor, "two").pid == other


async def test_a_crash_leaves_no_child_behind(place: Place, part: MakePart) -> None:
    async with running(place, part("one", "child")) as supervisor:
        child = int((place.root / "child.pid").read_text())
        first = look(supervisor, "one").pid
        assert first
        os.kill(first, signal.SIGKILL)
        await until(lambda: look(supervisor, "one").healthy and look(supervisor, "one").pid != first, 3)
        assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


async def test_pauses_grow_and_a_healthy_minute_ends_the_count(place: Place, part: MakePart) -> None:
    assert [QUICK.pause(crashes) for crashes in (1, 2, 3, 9_999)] == [0.05, 0.2, 0.3, 0.3]
    async with running(place, part("one")) as supervisor:
        address = look(supervisor, "one").address
        async with httpx.AsyncClient() as client:
            for crashes in (1, 2):
                with contextlib.suppress(httpx.HTTPError):
                    await client.get(address + "crash")
                await until(lambda count=crashes: look(supervisor, "one").crashes == count)
                await until(lambda: look(supervisor, "one").healthy)
        assert look(supervisor, "one").last_lines[-1] == "starting"
        await until(lambda: look(supervisor, "one").crashes == 0, QUICK.proven_after + 2)


async def test_a_part_that_cannot_start_says_why(place: Place, part: MakePart) -> None:
    with pytest.raises(PartFailed) as caught:
        async with running(place, part("fine"), part("broken", "die")):
            pytest.fail("it started")
    assert caught.value.lines == ["starting die", "the model of this part is missing"]
    assert "broken ended 3 times" in str(caught.value)
    assert "exit code 1" in str(caught.value)


async def test_a_program_that_is_not_there_is_named(place: Place, part: MakePart) -> None:
    nowhere = replace(part("lost"), command=("/nowhere/program",))
    with pytest.raises(PartFailed) as caught:
        async with running(place, nowhere):
            pytest.fail("it started")
    assert "/nowhere/program" in caught.value.lines[-1]


async def test_a_program_that_is_gone_for_a_while_comes_back(place: Place, part: MakePart) -> None:
    one = part("one")
    program = place.root / "program"
    program.symlink_to(one.command[0])
    async with running(place, replace(one, command=(str(program), *one.command[1:]))) as supervisor:
        first = look(supervisor, "one").pid
        assert first
        program.unlink()
        os.kill(first, signal.SIGKILL)
        await until(lambda: look(supervisor, "one").crashes > 2)
        program.symlink_to(one.command[0])
        await until(lambda: look(supervisor, "one").healthy)


async def test_what_fails_after_a_restart_does_not_end_the_part(place: Place, part: MakePart) -> None:
    async def back() -> None:
        raise RuntimeError("the hub said something strange")

    async with running(place, part("one", back=back)) as supervisor:
        await supervisor.restart("one")
        pid = look(supervisor, "one").pid
        await asyncio.sleep(0.5)
        assert look(supervisor, "one").healthy
        assert look(supervisor, "one").pid == pid


async def test_a_part_that_never_answers_is_given_up(place: Place, part: MakePart) -> None:
    supervisor = Supervisor([part("mute", "mute")], place, pace=QUICK, start_timeout=0.6)
    try:
        with pytest.raises(PartFailed, match="did not answer within 1 seconds") as caught:
            await supervisor.start()
    finally:
        await supervisor.end()
    assert caught.value.lines == ["starting mute"]


async def test_a_part_that_hangs_is_started_anew(place: Place, part: MakePart) -> None:
    async with running(place, part("one", "stubborn")) as supervisor:
        first = look(supervisor, "one").pid
        assert first
        os.kill(first, signal.SIGSTOP)
        await until(lambda: look(supervisor, "one").phase is Phase.silent)
        await until(lambda: look(supervisor, "one").healthy and look(supervisor, "one").pid != first, 10)


async def test_restart_of_one_part(place: Place, part: MakePart) -> None:
    async with running(place, part("one"), part("two")) as supervisor:
        first, other = look(supervisor, "one").pid, look(supervisor, "two").pid
        await supervisor.restart("one")
        assert look(supervisor, "one").healthy
        assert look(supervisor, "one").pid != first
        assert look(supervisor, "one").crashes == 0
        assert look(supervisor, "two").pid == other
        with pytest.raises(NotFound, match="There is no part three"):
            await supervisor.restart("three")


async def test_what_is_to_be_done_after_a_restart_is_done(place: Place, part: MakePart) -> None:
    calls = []

    async def back() -> None:
        calls.append(time.monotonic())

    async with running(place, part("one", back=back)) as supervisor:
        assert calls == []  # the first start is no return
        await supervisor.restart("one")
        await until(lambda: len(calls) == 1)
        pid = look(supervisor, "one").pid
        assert pid
        os.kill(pid, signal.SIGKILL)
        await until(lambda: len(calls) == 2)


async def test_a_stubborn_part_ends_as_well(place: Place, part: MakePart) -> None:
    async with running(place, part("one", "stubborn")) as supervisor:
        pid = look(supervisor, "one").pid
    assert pid
    assert not psutil.pid_exists(pid)


async def test_leftovers_of_a_killed_supervisor_are_found(place: Place, part: MakePart) -> None:
    supervisor = Supervisor([part("one", "child"), part("two")], place, pace=QUICK)
    await supervisor.start()
    known = records.read(place)
    for task in asyncio.all_tasks() - {asyncio.current_task()}:  # as if it were killed: nobody ends the parts
        task.remove_done_callback(lambda _task: None)
    (records.folder(place) / "two.json").unlink()  # killed before it could write this record
    ended = await asyncio.to_thread(records.end_leftovers, place)
    # Its keepers live on in this process, and one may have begun the part once more meanwhile.
    assert set(ended) == {"one", "two"}
    await supervisor.end()
    assert not any(identity.alive() for identity in known.values())
    child = int((place.root / "child.pid").read_text())
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


async def test_logs_are_private_and_survive_the_part(place: Place, part: MakePart) -> None:
    async with running(place, part("one")):
        log: Path = place.logs / "one.log"
        assert log.stat().st_mode & 0o777 == 0o600
    assert log.read_text().startswith("starting")
