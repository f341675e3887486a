"""The web server of the stand-in, in a thread of its own."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import uvicorn

T = TypeVar("T")


class Loop:
    """One event loop in a thread; everything of the stand-in happens there."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="kube-standin", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def call(self, work: Coroutine[Any, Any, T], seconds: float = 30) -> T:
        """Do something there and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(seconds)

    def stop(self) -> None:
        self.call(self._cancel_all())
        self.call(self.loop.shutdown_asyncgens())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()

    @staticmethod
    async def _cancel_all() -> None:
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


class Door:
    """The API's socket, which can be closed and opened again at the same port."""

    def __init__(self, app: Callable[..., Awaitable[None]], host: str = "127.0.0.1") -> None:
        self._app, self.host, self.port = app, host, 0
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    async def open(self) -> None:
        listening = socket.create_server((self.host, self.port), backlog=256)
        self.port = listening.getsockname()[1]
        config = uvicorn.Config(
            self._app, log_config=None, lifespan="off", ws="none", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._task = asyncio.create_task(self._server.serve([listening]))
        while not self._server.started:
            await asyncio.sleep(0.005)

    async def close(self) -> None:
        """As when the API server dies: open requests and watches end at once."""
        if self._server and self._task:
            for connection in list(self._server.server_state.connections):
                connection.transport.abort()
            for listening in self._server.servers:
                listening.close()
            self._task.cancel()  # its own way to end takes 0.2 s, for every test
            await asyncio.gather(self._task, return_exceptions=True)
            self._server = self._task = None
