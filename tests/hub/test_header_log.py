"""What the hub and a session write about a request that failed holds no secret."""

import asyncio
import json
import logging

import pytest
from jupyterhub.log import log_request
from notebench.header_log import HideHeaders, hide_headers
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPHeaders
from tornado.log import access_log, gen_log
from tornado.simple_httpclient import SimpleAsyncHTTPClient
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler

TOKEN = "b7c1f0a94e6d4b0f8f2f6f0d0b8f6a51"


class Broken(RequestHandler):
    current_user = None

    def get(self) -> None:
        self.set_status(500)


async def _ask(headers: list[tuple[str, str]]) -> None:
    opened, port = bind_unused_port()
    server = HTTPServer(Application([("/", Broken)], log_function=log_request))
    server.add_sockets([opened])
    sent = HTTPHeaders()
    for name, value in headers:
        sent.add(name, value)
    client = SimpleAsyncHTTPClient(force_instance=True)
    await client.fetch(f"http://127.0.0.1:{port}/", headers=sent, raise_error=False)
    server.stop()


@pytest.mark.parametrize(
    "header",
    [
        ("Authorization", f"token {TOKEN}"),
        ("Authorizatiom", f"Bearer {TOKEN}"),
        ("X-Api-Key", TOKEN),
        ("Sec-Websocket-Protocol", f"v1.token.websocket.jupyter.org, {TOKEN}"),
        ("Referer", f"http://x/?token={TOKEN}"),
        ("User-Agent", f"x Authorization: Bearer {TOKEN}"),
        (f"X-{TOKEN}", "x"),
    ],
)
def test_no_token_is_written(header: tuple[str, str], caplog: pytest.LogCaptureFixture) -> None:
    hide_headers()
    with caplog.at_level(logging.INFO, "tornado.access"):
        asyncio.run(_ask([header, ("Accept", "text/html")]))
    assert TOKEN.lower() not in caplog.text.lower()
    dumped = json.loads(next(one.getMessage() for one in caplog.records if one.msg.startswith("{")))
    assert dumped["Accept"] == "text/html"
    assert any(one.getMessage().startswith("500 GET /") for one in caplog.records)


async def _send(line: bytes) -> None:
    opened, port = bind_unused_port()
    server = HTTPServer(Application([("/", Broken)], log_function=log_request))
    server.add_sockets([opened])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n" + line + b"\r\n\r\n")
    assert b"400" in await reader.readline()
    writer.close()
    server.stop()


@pytest.mark.parametrize(
    "begin", [b"Authorization: Bearer \x01", b"Authorization\x01: ", b"Host: [", b"X' \x01: "]
)
def test_nor_of_what_is_no_request(begin: bytes, caplog: pytest.LogCaptureFixture) -> None:
    hide_headers()
    with caplog.at_level(logging.INFO, "tornado.general"):
        asyncio.run(_send(begin + TOKEN.encode()))
    assert "Malformed HTTP message from" in caplog.text
    assert TOKEN not in caplog.text


def test_other_words_stay_as_they_are() -> None:
    for words in ("200 GET /hub/login", "{not json", '["a"]', ""):
        record = logging.LogRecord("tornado.access", logging.INFO, "", 0, words, (), None)
        assert HideHeaders().filter(record)
        assert record.getMessage() == words


def test_it_is_there_once() -> None:
    hide_headers()
    hide_headers()
    for log in (access_log, gen_log):
        assert len([one for one in log.filters if isinstance(one, HideHeaders)]) == 1
