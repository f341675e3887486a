"""Asks a model server whether it is ready, with as little as that takes."""

import asyncio
from contextlib import suppress
from urllib.parse import urlsplit

PATIENCE = 2.0
_REQUEST = b"GET /health/ready HTTP/1.1\r\nHost: model-server\r\nConnection: close\r\n\r\n"


async def is_ready(address: str, patience: float = PATIENCE) -> bool:
    """Whether the server at `unix:/path` or `http://host:port` answers 200 within so many seconds."""
    try:
        async with asyncio.timeout(patience):
            reader, writer = await _connect(address)
            try:
                writer.write(_REQUEST)
                await writer.drain()
                status = await reader.readline()
            finally:
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()
    except (OSError, TimeoutError, ValueError):
        return False
    return status.split(b" ")[1:2] == [b"200"]


async def _connect(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if address.startswith("unix:"):
        return await asyncio.open_unix_connection(address.removeprefix("unix:"))
    url = urlsplit(address)
    return await asyncio.open_connection(url.hostname, url.port)
