"""Own tokens: known without the store once found, worthless at once when ended."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from notebench_hub.service.asker import AskerKind
from notebench_hub.service.doors.tokens import Tokens
from notebench_hub.service.store import Store


class Watched(Store):
    """Counts what is read, and lets an answer wait after it was read."""

    reads = 0
    pause: asyncio.Event | None = None
    seen: asyncio.Event | None = None

    async def read(self, *arguments: Any, **named: Any) -> Any:
        self.reads += 1
        found = await super().read(*arguments, **named)
        if self.pause and self.seen:
            self.seen.set()
            await self.pause.wait()
        return found


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Watched]:
    opened = Watched(tmp_path / "notebench.db", audit_key="k")
    opened.open()
    yield opened
    opened.close()


async def test_a_token_that_was_found_is_known_without_the_store(store: Watched) -> None:
    tokens = Tokens(store)
    token = await tokens.issue(AskerKind.session, "s-1", "ada", "personal")
    found = [await tokens.find(token) for _ in range(5)]
    assert {(one.kind, one.thing, one.user) for one in found if one} == {(AskerKind.session, "s-1", "ada")}
    assert store.reads == 1


async def test_an_ended_token_is_worthless_at_once_and_the_others_stay(store: Watched) -> None:
    tokens = Tokens(store)
    one, again, other = [
        await tokens.issue(AskerKind.run, thing, "ada", "personal") for thing in ("r-1", "r-1", "r-2")
    ]
    assert all([await tokens.find(token) for token in (one, again, other)])
    await tokens.end(AskerKind.run, "r-1")
    assert [bool(await tokens.find(token)) for token in (one, again, other)] == [False, False, True]


async def test_what_is_ended_while_it_is_looked_up_is_not_remembered(store: Watched) -> None:
    tokens = Tokens(store)
    token = await tokens.issue(AskerKind.session, "s-1", "ada", "personal")
    store.pause, store.seen = asyncio.Event(), asyncio.Event()
    looking = asyncio.create_task(tokens.find(token))
    await store.seen.wait()
    await tokens.end(AskerKind.session, "s-1")
    store.pause.set()
    await looking
    assert await tokens.find(token) is None


async def test_an_unknown_token_is_not_remembered(store: Watched) -> None:
    tokens = Tokens(store)
    assert await tokens.find("nbt_session_x") is None
    assert await tokens.find("nbt_session_x") is None
    assert store.reads == 2
