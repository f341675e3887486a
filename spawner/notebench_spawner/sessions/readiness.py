"""Waiting for a server that was launched: until it answers, ends, or takes too long."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from notebench.contract.errors import Unavailable

from notebench_spawner import processes

_LOOK_SECONDS = 0.1
_LAST_BYTES = 8192


async def wait_until_answers(
    url: str, record: processes.Record, folder: Path, *, seconds: float, tell: Callable[[float], None]
) -> None:
    """Return when `url` answers at all. `tell` gets the fraction of a start that is probably done.

    Raises Unavailable with the server's last words when it ends, or does not answer within `seconds`.
    """
    begin = time.monotonic()
    async with httpx.AsyncClient(timeout=2.0, trust_env=False) as client:
        while True:
            try:
                await client.get(url)
            except httpx.HTTPError:
                waited = time.monotonic() - begin
            else:
                return
            if not processes.alive(record):
                raise Unavailable(
                    "JupyterLab ended while it was starting. It said last: {words}.",
                    "Start again. If it ends again, tell an admin the session's id: {session}.",
                    code="session-ended",
                    words=_last_words(folder),
                    session=folder.name,
                )
            if waited > seconds:
                raise Unavailable(
                    "JupyterLab did not answer within {seconds} seconds. It said last: {words}.",
                    "Start again when the machine is less busy. If it happens again, tell an admin the "
                    "session's id: {session}.",
                    code="session-slow",
                    seconds=round(seconds),
                    words=_last_words(folder),
                    session=folder.name,
                )
            tell(waited / (waited + 5))
            await asyncio.sleep(_LOOK_SECONDS)


def _last_words(folder: Path) -> str:
    """The last line that a process wrote."""
    try:
        with (folder / "output.log").open("rb") as opened:
            opened.seek(max(0, opened.seek(0, 2) - _LAST_BYTES))
            lines = opened.read().decode(errors="replace").splitlines()
    except OSError:
        return "–"
    return next((line.strip().rstrip(".")[:300] for line in reversed(lines) if line.strip()), "–")
