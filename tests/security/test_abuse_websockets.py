"""Abuse 19: what was open when somebody was put out closes within ten seconds, and nobody else's does."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from notebench.lab.trust import SECONDS
from notebench_hub.hub.accounts import put_account
from tornado.websocket import WebSocketClientConnection

from tests import leaks
from tests.hub.kernels import connect, cookies
from tests.security.city import City

WITHIN = 10.0
VIOLATION = 1008
NEW_PASSWORD = "seven-lanterns-by-the-lake"


@dataclass(frozen=True)
class Way:
    """How somebody came in, and how they are put out."""

    headers: dict[str, str]
    end: Callable[[], object]


def _revoked(city: City) -> Way:
    made = city.hub_api("POST", "users/ana/tokens", json={"note": "to be revoked"}).json()
    leaks.note("a token to be revoked", made["token"])
    headers = {"Authorization": f"Bearer {made['token']}"}
    return Way(headers, lambda: city.hub_api("DELETE", f"users/ana/tokens/{made['id']}").raise_for_status())


def _signed_out(city: City) -> Way:
    ana = city.browser("ana")
    ana.http.get("user/ana/lab").raise_for_status()
    return Way({"Cookie": cookies(ana)}, lambda: ana.http.get("hub/logout"))


def _password(city: City) -> Way:
    ana = city.browser("ana")
    ana.http.get("user/ana/lab").raise_for_status()

    def change() -> None:
        city.passwords["ana"] = put_account(city.place, "ana", password=NEW_PASSWORD)

    return Way({"Cookie": cookies(ana)}, change)


@pytest.fixture(scope="module")
def paths(city: City) -> Iterator[list[str]]:
    """The websockets of a session: of a kernel, of a terminal, of its events."""
    with city.raw("ana") as ana:
        kernel = ana.post("user/ana/api/kernels", json={}, timeout=90).raise_for_status().json()["id"]
        terminal = ana.post("user/ana/api/terminals", json={}).raise_for_status().json()["name"]
        yield [
            f"/user/ana/api/kernels/{kernel}/channels",
            f"/user/ana/terminals/websocket/{terminal}",
            "/user/ana/api/events/subscribe",
        ]
        ana.delete(f"user/ana/api/kernels/{kernel}")
        ana.delete(f"user/ana/api/terminals/{terminal}")


async def _closed(socket: WebSocketClientConnection) -> tuple[int | None, str]:
    while await socket.read_message() is not None:
        continue
    return socket.close_code, str(socket.close_reason)


async def _watch(city: City, paths: list[str], way: Way) -> None:
    theirs = {path: await connect(city.url, path, way.headers) for path in paths}
    other = {"Authorization": f"Bearer {city.tokens['ana']}"}
    others = [asyncio.create_task(_closed(await connect(city.url, path, other))) for path in paths]
    ends = {path: asyncio.create_task(_closed(socket)) for path, socket in theirs.items()}
    await asyncio.sleep(1)
    assert not [path for path, end in ends.items() if end.done()], "open as long as it is allowed"
    begun = time.monotonic()
    await asyncio.to_thread(way.end)
    done, late = await asyncio.wait(ends.values(), timeout=WITHIN)
    assert not late, f"open after {WITHIN} s: {[path for path, end in ends.items() if end in late]}"
    for end in done:
        code, reason = end.result()
        assert (code, "may not use" in reason) == (VIOLATION, True)
    # They were open for longer than from one question to the next.
    await asyncio.sleep(max(0.0, SECONDS + 1 - (time.monotonic() - begun)))
    assert not any(one.done() for one in others), "nobody else's closes"
    for one in others:
        one.cancel()


@pytest.mark.parametrize("way", [_revoked, _signed_out, _password], ids=lambda way: way.__name__.strip("_"))
def test_abuse_19_open_websockets_end_with_the_right_to_them(
    city: City, paths: list[str], way: Callable[[City], Way]
) -> None:
    asyncio.run(_watch(city, paths, way(city)))


def test_abuse_19_who_may_not_reach_a_server_any_more_is_out_of_its_websockets(
    city: City, paths: list[str]
) -> None:
    """The token stays good; what it opens has changed."""
    city.hub_api("PATCH", "users/dan", json={"admin": True}).raise_for_status()

    def demote() -> None:
        city.hub_api("PATCH", "users/dan", json={"admin": False}).raise_for_status()

    try:
        headers = {"Authorization": f"Bearer {city.tokens['dan']}"}
        asyncio.run(_watch(city, paths, Way(headers, demote)))
    finally:
        demote()
