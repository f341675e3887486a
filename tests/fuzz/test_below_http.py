"""What is no proper HTTP, at every door: answered or closed in time, and nobody else waits for it."""

import asyncio
import re
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notebench_hub.service import deployments

from tests import leaks
from tests.fuzz.conftest import SECONDS, rounds
from tests.fuzz.made import made
from tests.hub.workbench import wait_for
from tests.security.city import PROJECT, City

DOORS = ("proxy", "hub", "service", "gateway", "endpoint", "model server")
_STATUS = re.compile(rb"^HTTP/1\.[01] (\d{3})", re.MULTILINE)
_ECHO = re.compile(rb"^connection:.*$", re.MULTILINE | re.IGNORECASE)
"""The proxy gives its asker back what they wrote in this header, a token of theirs as well."""
_OF_A_PROTOCOL = {501, 503, 505}
"""Not known, not now, not this version: said on purpose. Other answers from 500 on are mistakes."""


class Door:
    """Where to connect, and a proper request with a login that is let through."""

    def __init__(self, city: City, name: str) -> None:
        self.city, self.name = city, name
        prefix = b"/services/notebench/"
        endpoint = city.things.endpoint.encode()
        self.path = {
            "hub": b"/hub/api/user",
            "gateway": prefix + b"mlflow/api/2.0/mlflow/experiments/search",
            "endpoint": prefix + b"endpoints/" + endpoint + b"/invocations",
            "model server": b"/invocations",
        }.get(name, prefix + b"api/v1/schedules/preview")

    def connect(self) -> socket.socket:
        if self.name == "model server":
            found = asyncio.run(deployments.Directory(self.city.store).endpoint(self.city.things.endpoint))
            opened = socket.socket(socket.AF_UNIX)
            opened.connect(found.address.removeprefix("unix:"))
        else:
            place = self.city.instance
            port = {"proxy": place.port, "hub": place.hub_port}.get(self.name, place.service_port)
            opened = socket.create_connection(("127.0.0.1", port), SECONDS)
        opened.settimeout(SECONDS)
        return opened

    def head(self, *more: bytes, line: bytes = b"") -> bytes:
        """The request line and the headers; `more` are lines of headers."""
        login = b"Authorization: Bearer " + self.city.tokens["ana"].encode()
        lines = [line or b"POST " + self.path + b" HTTP/1.1", b"Host: x", b"Connection: close", login]
        lines += [b"Notebench-Acting-For: " + PROJECT.encode(), b"Content-Type: application/json", *more]
        return b"\r\n".join([*lines, b"", b""])

    def proper(self) -> bytes:
        body = b'{"cron": "0 3 * * *"}'
        return self.head(b"Content-Length: %d" % len(body)) + body

    def statuses(self, sent: bytes, patience: float = 0.3) -> list[int]:
        """Send, and read to the end; a door that still waits after `patience` hears that nothing follows."""
        answer = b""
        made["below HTTP"] += 1
        with self.connect() as opened:
            try:
                opened.sendall(sent)
                opened.settimeout(patience)
                while piece := self._piece(opened):
                    answer += piece
            except (ConnectionResetError, BrokenPipeError):
                pass  # closed without reading all: a refusal as well
        assert b"Traceback" not in answer
        assert not leaks.secrets_in(_ECHO.sub(b"", answer))
        return [int(status) for status in _STATUS.findall(answer)]

    def _piece(self, opened: socket.socket) -> bytes:
        try:
            return opened.recv(65536)
        except TimeoutError:
            opened.settimeout(SECONDS)  # from now on it has to end
            with suppress(OSError):  # closed meanwhile
                opened.shutdown(socket.SHUT_WR)
            return opened.recv(65536)

    def answers(self) -> bool:
        return bool(self.statuses(self.proper(), SECONDS))


@pytest.fixture(scope="module", params=DOORS)
def door(city: City, request: pytest.FixtureRequest) -> Door:
    opened = Door(city, request.param)
    if request.param in {"endpoint", "model server"}:  # other tests may have stopped it
        wish = {"model": "wine", "version": "1", "image": "minimal", "profile": "small"}
        ana = city.program("ana", PROJECT)
        ana.put("deployments/wine", json=wish).raise_for_status()
        ana.put("deployments/wine/desired", json={"desired": "serving"}).raise_for_status()
        wait_for(lambda: ana.get("deployments/wine").json()["observed"] == "ready", 240)
    assert opened.answers(), "before"
    return opened


def _line(path: bytes, method: bytes = b"POST", version: bytes = b"HTTP/1.1") -> bytes:
    return b" ".join([method, path, version])


CHUNKED = b"Transfer-Encoding: chunked"
MALFORMED: dict[str, Callable[[Door], bytes]] = {
    "noise": lambda _: bytes(range(256)) * 20,
    "tls": lambda _: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
    "http2": lambda _: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(40),
    "no-version": lambda door: b"GET " + door.path + b"\r\n\r\n",
    "version": lambda door: door.head(line=_line(door.path, version=b"HTTP/9.9")),
    "method": lambda door: door.head(line=_line(door.path, b"A" * 5000)),
    "connect": lambda door: door.head(line=_line(b"example.org:443", b"CONNECT")),
    "star": lambda door: door.head(line=_line(b"*", b"OPTIONS")),
    "absolute": lambda door: door.head(line=_line(b"http://example.org" + door.path)),
    "not-utf-8": lambda door: door.head(line=_line(door.path + b"/\xff\xfe\xc3", b"GET")),
    "percent": lambda door: door.head(line=_line(door.path + b"/%zz%f%ff%00", b"GET")),
    "nul": lambda door: door.head(line=_line(door.path + b"/\x00", b"GET")),
    "query": lambda door: door.head(line=_line(door.path + b"?a=%ff&b=\xff&%00=%u0000&&=", b"GET")),
    "long-path": lambda door: door.head(line=_line(door.path + b"/" + b"x" * 200_000, b"GET")),
    "long-header": lambda door: door.head(b"X-Long: " + b"x" * 300_000),
    "many-headers": lambda door: door.head(*(b"X-%d: x" % number for number in range(20_000))),
    "folded": lambda door: door.head(b"X-Folded: a\r\n b"),
    "bare-cr": lambda door: door.head(b"X-Bare: a\rX-Other: b"),
    "header-name": lambda door: door.head(b"X\xff Y: a", b": a", b"no colon"),
    "header-values": lambda door: door.head(
        b"Accept-Language: \xff\xfe;q=\x80", b"Cookie: \xff=\xff; =;;; a", b"Forwarded: \xff", b"Range: \xff"
    ),
    "acting-for": lambda door: door.head(b"Notebench-Acting-For: \xff\xfe", b"Notebench-Contract: \xff"),
    "length-negative": lambda door: door.head(b"Content-Length: -1"),
    "length-words": lambda door: door.head(b"Content-Length: many"),
    "length-huge": lambda door: door.head(b"Content-Length: " + b"9" * 40) + b"{}",
    "lengths-differ": lambda door: door.head(b"Content-Length: 2", b"Content-Length: 3") + b"{}",
    "length-and-chunked": lambda door: door.head(CHUNKED, b"Content-Length: 2") + b"0\r\n\r\n",
    "body-short": lambda door: door.head(b"Content-Length: 1000") + b"{",
    "chunk-size": lambda door: door.head(CHUNKED) + b"zz\r\n{}\r\n0\r\n\r\n",
    "chunk-negative": lambda door: door.head(CHUNKED) + b"-2\r\n{}\r\n0\r\n\r\n",
    "chunk-huge": lambda door: door.head(CHUNKED) + b"F" * 30 + b"\r\n{}",
    "chunk-cut": lambda door: door.head(CHUNKED) + b"100\r\n{}",
    "chunk-extension": lambda door: door.head(CHUNKED) + b"2;" + b"x" * 100_000 + b"\r\n{}\r\n0\r\n\r\n",
    "trailers": lambda door: door.head(CHUNKED) + b"0\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
    "coding": lambda door: door.head(b"Transfer-Encoding: gzip, identity") + b"\x1f\x8b",
    "encoding": lambda door: door.head(b"Content-Encoding: gzip", b"Content-Length: 2") + b"{}",
    "type": lambda door: door.head(b"Content-Type: \xff/\xff; charset=none", b"Content-Length: 2") + b"{}",
    "charset": lambda door: door.head(b"Content-Type: a/json; charset=utf-99", b"Content-Length: 2") + b"{}",
    "expect": lambda door: door.head(b"Expect: 200-nothing", b"Content-Length: 2") + b"{}",
    "websocket": lambda door: door.head(
        b"Upgrade: websocket",
        b"Connection: Upgrade",
        b"Sec-WebSocket-Version: 13",
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        line=_line(door.path, b"GET"),
    ),
    "pipelined": lambda door: door.proper() + b"POST nowhere\r\n\r\n" + door.proper(),
    "head-cut": lambda door: door.head()[:-3],
    "nothing": lambda _: b"",
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_malformed(door: Door, kind: str) -> None:
    begin = time.monotonic()
    statuses = door.statuses(MALFORMED[kind](door))
    assert time.monotonic() - begin < SECONDS
    assert _mistakes(statuses) == []
    assert door.answers(), "afterwards"


def _mistakes(statuses: list[int]) -> list[int]:
    return [status for status in statuses if status >= 500 and status not in _OF_A_PROTOCOL]


def test_bytes_changed_anywhere(door: Door) -> None:
    proper = door.proper()
    change = st.tuples(st.integers(0, len(proper)), st.integers(0, 8), st.binary(max_size=8))
    request = st.lists(change, min_size=1, max_size=4)

    @rounds(45)
    @given(st.lists(request, min_size=10, max_size=10))
    def send(requests: list[list[tuple[int, int, bytes]]]) -> None:
        sent = [_changed(proper, changed) for changed in requests]
        with ThreadPoolExecutor(len(sent)) as pool:  # most of the time is waited for doors that wait
            statuses = list(pool.map(door.statuses, sent))
        for changes, answered in zip(requests, statuses, strict=True):
            assert _mistakes(answered) == [], changes  # not what was sent: it holds a token

    send()
    assert door.answers(), "afterwards"


def _changed(sent: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    for place, removed, put in changes:
        sent = sent[:place] + put + sent[place + removed :]
    return sent


def test_slow_and_silent_callers_keep_nobody_waiting(door: Door) -> None:
    with ExitStack() as callers:
        for number in range(150):
            opened = callers.enter_context(door.connect())
            begun = [b"", door.head()[:40], door.head(b"Content-Length: 1000") + b"{", door.head(CHUNKED)]
            opened.sendall(begun[number % 4])
        begin = time.monotonic()
        assert door.answers()
        assert time.monotonic() - begin < SECONDS
