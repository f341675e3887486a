"""Abuse 18: what comes in floods is bounded, and does not reach what it is not for."""

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from notebench.contract.errors import TooOften
from notebench_hub.folding import Folding
from notebench_hub.service.doors.hub import UNKNOWN, HubClient
from notebench_hub.service.openapi import document

from tests.security.city import City


class CountingHub(ThreadingHTTPServer):
    """Knows no token, and counts how often it is asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Refusing)
        self.asked = 0


class _Refusing(BaseHTTPRequestHandler):
    server: CountingHub

    def do_GET(self) -> None:
        self.server.asked += 1
        self.send_response(403)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_words: Any) -> None:
        pass


@pytest.fixture
def hub() -> Iterator[CountingHub]:
    server = CountingHub()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_abuse_18_unknown_tokens_do_not_load_the_hub(hub: CountingHub) -> None:
    moment = [1000.0]

    async def flood() -> tuple[int, int]:
        client = HubClient(f"http://127.0.0.1:{hub.server_port}/", "x", clock=lambda: moment[0])
        for _ in range(500):
            assert await client.holder("always the same", whence=lambda: "192.0.2.1") is None
        same, refused = hub.asked, 0
        for number in range(500):
            try:
                await client.holder(f"another {number}", whence=lambda: "192.0.2.2")
            except TooOften:
                refused += 1
        assert await client.holder("from elsewhere", whence=lambda: "192.0.2.3") is None
        moment[0] += 60
        assert await client.holder("another again", whence=lambda: "192.0.2.2") is None
        await client.close()
        return same, refused

    same, refused = asyncio.run(flood())
    assert same == 1, "a token that is not known is not asked about again and again"
    assert refused == 500 - UNKNOWN
    assert hub.asked == 1 + UNKNOWN + 2


def test_abuse_18_many_refusals_are_few_entries() -> None:
    moment = [0.0]
    folding = Folding(60, clock=lambda: moment[0])
    told = [folding.tell("the same") for _ in range(10_000)]
    assert [one for one in told if one is not None] == [0]
    moment[0] = 61
    assert folding.tell("the same") == 9_999, "and none of them goes unsaid"
    told = [folding.tell(f"another {number}") for number in range(10_000)]
    assert sum(one is not None for one in told) <= 1001


def test_abuse_18_no_list_is_unbounded() -> None:
    limits = [
        (path, parameter["schema"].get("maximum"))
        for path, routes in document()["paths"].items()
        for route in routes.values()
        for parameter in route.get("parameters", [])
        if parameter["name"] == "limit"
    ]
    assert {path for path, _ in limits} >= {"/runs", "/audit", "/experiments/{experiment}/runs"}
    assert all(most and most <= 500 for _, most in limits), limits


def test_abuse_18_floods_of_activity_and_names_at_the_hub(city: City) -> None:
    dan = city.raw("dan", **{"Content-Type": "application/json"})
    far = "9999-12-31T23:59:59Z"
    servers = {f"s{number}": {"last_activity": far} for number in range(5000)}
    answer = dan.post("hub/api/users/dan/activity", json={"last_activity": far, "servers": servers})
    assert 400 <= answer.status_code < 500
    assert dan.post("hub/api/users/ana/activity", json={"last_activity": far}).status_code in {403, 404}
    huge = {"username": "a" * 1_000_000, "password": "b" * 1_000_000}
    assert 400 <= city.raw().post("hub/login", data=huge).status_code < 500
    for name in ("x" * 5000, "a/b", "..", "%00"):
        assert 400 <= dan.post(f"hub/api/users/dan/servers/{name}", json={}).status_code < 500
    assert set(dan.get("hub/api/users/dan").json()["servers"]) <= {""}
