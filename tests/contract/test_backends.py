"""What every backend must do."""

import asyncio

from notebench_spawner.backends.base import Backend, Handle, Observation, Phase

from .conftest import Seam


async def until(backend: Backend, handle: Handle, *phases: Phase) -> Observation:
    """Look until one of the phases is seen."""
    async with asyncio.timeout(20):
        while True:
            [seen] = await backend.observe([handle])
            if seen.phase in phases:
                return seen
            await asyncio.sleep(0.05)


async def lines(backend: Backend, handle: Handle, *, follow: bool = False) -> list[str]:
    async with asyncio.timeout(20):
        return [line async for line in backend.logs(handle, follow=follow)]


async def test_success_and_its_output(seam: Seam) -> None:
    handle = await seam.backend.start(seam.make("succeeds"))
    seen = await until(seam.backend, handle, Phase.succeeded, Phase.failed)
    assert (seen.phase, seen.exit_code, seen.reason) == (Phase.succeeded, 0, "")
    assert await lines(seam.backend, handle) == ["one", "two"]


async def test_failure_says_how(seam: Seam) -> None:
    handle = await seam.backend.start(seam.make("fails"))
    seen = await until(seam.backend, handle, Phase.failed)
    assert seen.exit_code == 3
    assert seen.reason == "It ended with exit code 3."
    assert await lines(seam.backend, handle) == ["before"]


async def test_same_id_is_the_same_thing(seam: Seam) -> None:
    one = seam.make("stays")
    handles = await asyncio.gather(*(seam.again().start(one) for _ in range(5)))
    assert all(handle == handles[0] for handle in handles)
    await until(seam.backend, handles[0], Phase.running)
    await seam.backend.stop(handles[0])
    assert await seam.backend.start(one) == handles[0]
    await until(seam.backend, handles[0], Phase.failed)


async def test_known_after_a_restart(seam: Seam) -> None:
    handle = await seam.backend.start(seam.make("stays"))
    kept = Handle.model_validate_json(handle.model_dump_json())
    await until(seam.again(), kept, Phase.running)
    await seam.again().stop(kept)
    [seen] = await seam.again().observe([kept])
    assert seen.phase is Phase.failed
    assert seen.reason == "It was stopped."


async def test_stop_ends_what_does_not_want_to(seam: Seam) -> None:
    handle = await seam.backend.start(seam.make("stubborn"))
    await until(seam.backend, handle, Phase.running)
    async with asyncio.timeout(10):
        await seam.backend.stop(handle)
        await seam.backend.stop(handle)
    [seen] = await seam.backend.observe([handle])
    assert seen.phase is Phase.failed


async def test_many_at_once_in_their_order(seam: Seam) -> None:
    kinds = ["stays", "succeeds", "fails"]
    handles = [await seam.backend.start(seam.make(kind)) for kind in kinds]
    await until(seam.backend, handles[1], Phase.succeeded)
    await until(seam.backend, handles[2], Phase.failed)
    seen = await seam.backend.observe(handles)
    assert [one.handle for one in seen] == handles
    assert [one.phase for one in seen] == [Phase.running, Phase.succeeded, Phase.failed]
    await seam.backend.stop(handles[0])


async def test_what_is_unknown_is_gone(seam: Seam) -> None:
    handle = await seam.backend.start(seam.make("succeeds"))
    state = {**handle.state, "folder": f"{handle.state.get('folder', '')}-other"}
    stranger = Handle(backend=handle.backend, workload="run-nobody", state=state)
    [seen] = await seam.backend.observe([stranger])
    assert seen.phase is Phase.gone
    assert seen.reason
    await seam.backend.stop(stranger)
    assert await lines(seam.backend, stranger, follow=True) == []


async def test_what_goes_on_and_nobody_knows_is_found(seam: Seam) -> None:
    kept, lost, over = [await seam.backend.start(seam.make(kind)) for kind in ("stays", "stays", "succeeds")]
    await until(seam.backend, over, Phase.succeeded)
    known = {kept.workload, lost.workload}
    assert [one for one in await seam.again().strays(known) if one.workload == over.workload] == []
    found = {one.workload: one.where for one in await seam.again().strays({kept.workload})}
    assert found[lost.workload]
    assert kept.workload not in found
    for one in (kept, lost):
        await seam.backend.stop(one)
    assert not {kept.workload, lost.workload} & {one.workload for one in await seam.again().strays(set())}


async def test_logs_follow_until_the_end(seam: Seam) -> None:
    handle = await seam.backend.start(seam.make("stays"))
    reading = asyncio.create_task(lines(seam.backend, handle, follow=True))
    await until(seam.backend, handle, Phase.running)
    await asyncio.sleep(0.5)
    assert not reading.done()
    await seam.backend.stop(handle)
    assert "here" in await reading
