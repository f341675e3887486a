"""Open websockets while the hub says yes, no, or nothing; the hub is a small server on a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from jupyterhub.services.auth import HubOAuth
from notebench.lab.trust import FAREWELL_SECONDS, VIOLATION, Trust
from tornado.httpclient import HTTPRequest
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketClientConnection, WebSocketHandler, websocket_connect

SCOPE = "access:servers!server=ana/"
SECONDS, STAY = 0.1, 1.0


@dataclass
class Hub:
    """What it says about every token."""

    status: int = 200
    scopes: tuple[str, ...] = (SCOPE,)
    asked: int = 0


class User(RequestHandler):
    def get(self) -> None:
        hub: Hub = self.settings["hub"]
        hub.asked += 1
        self.set_status(hub.status)
        self.finish(json.dumps({"name": "ana", "scopes": hub.scopes}))


class Door(WebSocketHandler):
    """Like Jupyter's: somebody is asked for once, before it opens."""

    async def prepare(self) -> None:
        user = await self.settings["auth"].get_user(self, sync=False)
        assert user
        self.settings["trust"].remember(self)


@dataclass
class Place:
    hub: Hub
    port: int

    async def connect(self, token: str = "a") -> WebSocketClientConnection:
        headers = {"Authorization": f"token {token}"}
        return await websocket_connect(HTTPRequest(f"ws://127.0.0.1:{self.port}/", headers=headers))


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    hub = Hub()
    hub_socket, hub_port = bind_unused_port()
    socket, port = bind_unused_port()
    auth = HubOAuth(
        api_url=f"http://127.0.0.1:{hub_port}/hub/api",
        api_token="x",
        oauth_client_id="ana",
        base_url="/",
        access_scopes={SCOPE},
    )
    trust = Trust(auth, SECONDS, STAY)
    servers = [
        HTTPServer(Application([("/hub/api/user", User)], hub=hub)),
        HTTPServer(Application([("/", Door)], auth=auth, trust=trust, cookie_secret="c")),
    ]
    for server, bound in zip(servers, (hub_socket, socket), strict=True):
        server.add_socket(bound)
    yield Place(hub, port)
    for server in servers:
        server.stop()
        await server.close_all_connections()


async def closes(socket: WebSocketClientConnection, within: float = 3.0) -> tuple[Any, float]:
    """The code, and how long it took."""
    begun = asyncio.get_running_loop().time()
    assert await asyncio.wait_for(socket.read_message(), within) is None
    return socket.close_code, asyncio.get_running_loop().time() - begun


async def is_open(socket: WebSocketClientConnection, seconds: float) -> bool:
    reading = asyncio.ensure_future(socket.read_message())
    done, _ = await asyncio.wait([reading], timeout=seconds)
    reading.cancel()
    return not done


async def test_tokens_are_asked_for_once_a_round_however_many_websockets_they_opened(place: Place) -> None:
    sockets = [await place.connect() for _ in range(5)]
    before = place.hub.asked
    assert await is_open(sockets[0], 5 * SECONDS)
    assert 2 <= place.hub.asked - before <= 6


@pytest.mark.parametrize("change", [{"status": 403}, {"scopes": ()}], ids=str)
async def test_a_no_closes(place: Place, change: dict[str, Any]) -> None:
    socket = await place.connect()
    vars(place.hub).update(change)
    assert (await closes(socket))[0] == VIOLATION


async def test_who_was_in_stays_in_for_a_while_when_the_hub_does_not_answer(place: Place) -> None:
    socket = await place.connect()
    place.hub.status = 500
    assert await is_open(socket, STAY / 2)
    place.hub.status = 200
    await asyncio.sleep(3 * SECONDS)
    place.hub.status = 500
    code, seconds = await closes(socket)
    assert code == VIOLATION
    assert seconds > STAY / 2, "counted from the last yes"


async def test_nobody_is_asked_about_when_nothing_is_open(place: Place) -> None:
    socket = await place.connect()
    socket.close()
    await asyncio.sleep(3 * SECONDS)
    before = place.hub.asked
    await asyncio.sleep(3 * SECONDS)
    assert place.hub.asked == before
    assert await is_open(await place.connect("b"), 2 * SECONDS)


async def test_who_does_not_close_their_end_is_cut_off(place: Place) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
    upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: token a\r\n"
    writer.write(f"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n{upgrade}{key}\r\n".encode())
    assert b"101" in await reader.readline()
    place.hub.status = 403
    await asyncio.wait_for(reader.read(), FAREWELL_SECONDS + 2)
    writer.close()
