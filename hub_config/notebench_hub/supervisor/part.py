"""What a part is: a command, how to tell that it works, and what people are told about it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx


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
        """Ask once. Every failure to answer is a no."""
        transport = httpx.AsyncHTTPTransport(uds=str(self.socket) if self.socket else None)
        try:
            async with httpx.AsyncClient(
                transport=transport, timeout=self.timeout, trust_env=False
            ) as client:
                return (await client.get(self.url, headers=dict(self.headers))).is_success
        except (httpx.HTTPError, OSError):
            return False


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
