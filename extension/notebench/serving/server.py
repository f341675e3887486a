"""Listens first, loads then: health checks answer while a large model loads; SIGTERM lets requests finish."""

import asyncio
import contextlib
import json
import signal
import socket
import stat
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from notebench.contract.errors import NotebenchError, Refused
from notebench.serving.app import App

LOAD_FAILED = 3
"""The exit code that says: the model does not load, trying again will not help."""

_DRAIN = 30  # seconds that requests may take to finish after SIGTERM
_PATH_LIMIT = 107  # bytes of a Unix socket's address


def listen(uds: str, host: str, port: int) -> socket.socket:
    """A socket at the path, open to this account and who may share its directory, or at a port.

    Raises Refused or OSError.
    """
    if not uds:
        sock = socket.create_server((host, port), backlog=512)
        # asyncio does this only for sockets it made itself; without it each answer waits 40 ms.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock
    if len(uds.encode()) > _PATH_LIMIT:
        raise Refused(
            "The socket's path has more than {limit} bytes.", "Choose a shorter one.", limit=_PATH_LIMIT
        )
    path = Path(uds)
    if path.exists() and stat.S_ISSOCK(path.stat().st_mode):
        path.unlink()  # left over by a server that was killed
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.bind(uds)
    # The setgid bit of the directory says that its group is meant to reach the socket: see `make_runtime`.
    path.chmod(0o660 if path.parent.stat().st_mode & stat.S_ISGID else 0o600)
    sock.listen(512)
    return sock


def tell(event: str, **values: object) -> None:
    """One JSON line on the standard output, for who supervises this process."""
    print(json.dumps({"event": event, **values}), flush=True)


async def serve(uri: str, sock: socket.socket, limit_bytes: int) -> int:
    """Serve until told to stop. Returns the exit code."""
    import uvicorn

    class Server(uvicorn.Server):
        """Ends with our exit code; uvicorn's own would raise the signal again when it is done."""

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            for number in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(number, self.handle_exit, number, None)
            yield

    app: Any = App(limit_bytes)
    config = uvicorn.Config(
        app,
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=_DRAIN,
        h11_max_incomplete_event_size=65_536,
        ws="none",
    )
    server = Server(config)
    running = asyncio.create_task(server.serve(sockets=[sock]))
    begun = time.monotonic()
    try:
        predictor, thread_safe = await asyncio.to_thread(_load, uri)
    except NotebenchError as error:
        tell("load-failed", message=str(error), code=error.kind)
        server.should_exit = True
        await running
        return LOAD_FAILED
    app.serve(predictor, thread_safe=thread_safe)
    tell(
        "ready",
        model=predictor.served.name,
        version=predictor.served.version,
        flavour=predictor.served.flavour,
        seconds=round(time.monotonic() - begun, 3),
    )
    await running
    return 0


def _load(uri: str) -> tuple[Any, bool]:
    from notebench.serving import flavours
    from notebench.serving.model import load
    from notebench.serving.predictor import Predictor

    try:
        served = load(uri)
        return Predictor(served), flavours.thread_safe(served)
    except NotebenchError as error:
        traceback.print_exception(error.__cause__ or error)  # for the log; supervisors get the sentence
        raise
