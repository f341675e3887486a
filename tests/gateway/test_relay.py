"""Answers that are passed back: small ones whole or not at all, large ones piece by piece."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi.responses import StreamingResponse
from notebench_hub.service import relay

JSON = frozenset({"application/json"})


@asynccontextmanager
async def answered(announced: int, sent: bytes) -> AsyncIterator[httpx.Response]:
    """The answer of a server that announces a length and closes after what it sends."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {announced}\r\n\r\n"
        writer.write(head.encode() + sent)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, httpx.AsyncClient(trust_env=False) as client:
        request = client.build_request("GET", f"http://127.0.0.1:{port}/")
        yield await client.send(request, stream=True)


def deadline() -> float:
    return asyncio.get_running_loop().time() + 20


async def test_a_small_answer_comes_whole_with_its_headers() -> None:
    async with answered(7, b'{"a":1}') as upstream:
        answer = await relay.settled(upstream, JSON, deadline())
    assert not isinstance(answer, StreamingResponse)
    assert answer.body == b'{"a":1}'
    assert answer.headers["content-length"] == "7"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert upstream.is_closed


async def test_a_small_answer_that_breaks_off_is_no_answer() -> None:
    async with answered(7, b'{"a"') as upstream:
        with pytest.raises(httpx.RemoteProtocolError):
            await relay.settled(upstream, JSON, deadline())
    assert upstream.is_closed


async def test_a_large_answer_is_passed_on_piece_by_piece() -> None:
    body = b"x" * (relay.SMALL + 1)
    async with answered(len(body), body) as upstream:
        answer = await relay.settled(upstream, JSON, deadline())
        assert isinstance(answer, StreamingResponse)
        assert b"".join([bytes(piece) async for piece in answer.body_iterator]) == body
