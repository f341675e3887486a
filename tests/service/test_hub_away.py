"""The hub is killed: who was in stays in for a minute at most, nobody new comes in, runs go on."""

import asyncio
from collections.abc import Callable

import httpx
from notebench.contract.errors import Unavailable
from notebench_hub.service.asker import AskerKind
from notebench_hub.service.doors.hub import HubClient, HubUser
from notebench_hub.service.doors.tokens import Tokens
from notebench_hub.service.store import Store

from tests.service.town import Town, code


def test_hub_killed_and_back(town: Town) -> None:
    assert town.program("ana").get("me").status_code == 200
    _, session = town.grant("ana", "alloys")
    run = _run_token(town)
    town.kill("hub")
    program = _inside(town)
    assert program("ana").status_code == 200, "who was in stays in"
    assert program(session).status_code == 200
    assert code(program("dan")) == "503 hub-away"
    assert code(program(run)) == "403 token-kind", "known, whatever the hub does; and no person"
    town.start("hub")
    town.wait_hub()
    assert program("dan").status_code == 200


def _inside(town: Town) -> Callable[[str], httpx.Response]:
    """Past the proxy."""
    url = f"{town.instance.service_url}/services/notebench/api/v1/me"

    def ask(who: str) -> httpx.Response:
        token = town.tokens.get(who, who)
        return httpx.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=30)

    return ask


def _run_token(town: Town) -> str:
    store = Store(town.place.service / "notebench.db")
    token = asyncio.run(Tokens(store).issue(AskerKind.run, "run-1", "dan", "personal"))
    store.close()
    return token


class Hub(HubClient):
    """A hub that can be away, at an hour of our own."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:9/hub/api", "x", clock=lambda: self.hour)
        self.hour, self.away, self.asked = 0.0, False, 0

    async def _ask_user(self, name: str) -> HubUser | None:
        self.asked += 1
        if self.away:
            raise Unavailable("away")
        return HubUser(name)

    async def lets_in(self, name: str) -> bool:
        try:
            return await self.user(name) is not None
        except Unavailable:
            return False


async def test_what_is_remembered_ages() -> None:
    """Fresh for ten seconds, for sixty where the hub is away, then gone."""
    hub = Hub()
    assert await hub.lets_in("ana")
    hub.hour = 9.9
    assert await hub.lets_in("ana")
    assert hub.asked == 1
    hub.hour = 10.1
    assert await hub.lets_in("ana")
    assert hub.asked == 2
    hub.away, hub.hour = True, 70.0
    assert await hub.lets_in("ana")
    assert not await hub.lets_in("ben")
    hub.hour = 70.2
    assert not await hub.lets_in("ana")
    await hub.close()


async def test_many_questions_at_once_are_one() -> None:
    hub = Hub()
    assert all(await asyncio.gather(*(hub.lets_in("ana") for _ in range(50))))
    assert hub.asked == 1
    await hub.close()
