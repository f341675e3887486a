"""What a part is: a command, how to tell that it works, and what people are told about it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Probe:
    """An HTTP request that a working part answers with a success."""

    url: str
    socket: Path | None = None
    """Unix socket to ask instead of the host in `url`."""
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 5.0
    """Seconds."""

    async def answers(self) -> bool:
        """Ask once. Every failure to answer is a no.

        By hand, because this happens many times a second during a start, and a client of a library costs
        twenty milliseconds each time.
        """
        try:
            async with asyncio.timeout(self.timeout):
                return await self._ask()
        except (OSError, TimeoutError, ValueError, asyncio.LimitOverrunError):
            return False

    async def _ask(self) -> bool:
        address = urlsplit(self.url)
        if self.socket:
            reader, writer = await asyncio.open_unix_connection(str(self.socket))
        else:
            reader, writer = await asyncio.open_connection(address.hostname, address.port or 80)
        try:
            headers = {"Host": address.netloc, "Connection": "close", **self.headers}
            lines = [f"GET {address.path or '/'} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
            writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
            await writer.drain()
            words = (await reader.readline()).split()
            return len(words) > 1 and words[1].startswith(b"2")
        finally:
            writer.close()


@dataclass(frozen=True)
class Part:
    """One process that the supervisor owns."""

    name: str
    command: tuple[str, ...]
    probe: Probe
    address: str = ""
    """Where it listens, as shown by `status`."""
    version: str = ""
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The whole environment."""
    cwd: Path | None = None
    after: tuple[str, ...] = ()
    """Parts that must answer before this one is started the first time."""
    back: Callable[[], Awaitable[None]] | None = field(default=None, repr=False)
    """What to do when it answers again after it was away."""
