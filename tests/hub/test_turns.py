"""Starts take turns: a few at once, the others in the order in which they came."""

import asyncio
from contextlib import suppress

from notebench_spawner.sessions.turns import Turn, Turns


def test_as_many_as_may_and_then_in_order() -> None:
    async def scene() -> None:
        turns, began, ahead = Turns(2), list[int](), dict[int, list[int]]((n, []) for n in range(5))
        given: dict[int, Turn] = {}

        async def start(number: int) -> None:
            given[number] = await turns.take(ahead[number].append)
            began.append(number)

        tasks = [asyncio.create_task(start(number)) for number in range(5)]
        await asyncio.sleep(0)
        assert began == [0, 1]
        assert ahead == {0: [], 1: [], 2: [0], 3: [1], 4: [2]}
        given[1].end()
        given[1].end()  # a second time gives nothing away
        await asyncio.sleep(0.01)
        assert began == [0, 1, 2]
        assert ahead[3] == [1, 0]
        assert ahead[4] == [2, 1]
        given[0].end()
        given[2].end()
        await asyncio.gather(*tasks)
        assert began == [0, 1, 2, 3, 4]

    asyncio.run(scene())


def test_who_leaves_takes_no_turn_away() -> None:
    async def scene() -> None:
        turns = Turns(1)
        first = await turns.take(lambda ahead: None)
        leaving = asyncio.create_task(turns.take(lambda ahead: None))
        last = asyncio.create_task(turns.take(lambda ahead: None))
        await asyncio.sleep(0)
        first.end()  # the turn is the second one's now, who goes before it learns of it
        leaving.cancel()
        with suppress(asyncio.CancelledError):
            await leaving
        (await asyncio.wait_for(last, 5)).end()
        (await asyncio.wait_for(turns.take(lambda ahead: None), 5)).end()

    asyncio.run(scene())


def test_a_start_that_hangs_keeps_others_waiting_for_so_long_only() -> None:
    async def scene() -> None:
        turns = Turns(1, longest=0.2)
        hanging = await turns.take(lambda ahead: None)
        (await asyncio.wait_for(turns.take(lambda ahead: None), 5)).end()
        hanging.end()
        one = await asyncio.wait_for(turns.take(lambda ahead: None), 5)
        waiting = asyncio.create_task(turns.take(lambda ahead: None))
        await asyncio.sleep(0.05)
        assert not waiting.done(), "the one that hung has given back once only"
        one.end()
        (await waiting).end()

    asyncio.run(scene())
