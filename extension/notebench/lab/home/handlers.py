"""`/notebench/home…`: how full the home is, what fills it, deleting, and leaving the safe mode."""

import asyncio
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from tornado import web

from notebench.contract.errors import Conflict, Refused
from notebench.contract.homes import HomeLevel, RemoveRequest
from notebench.lab.answers import Handler
from notebench.lab.home import WATCH
from notebench.lab.home.remove import remove
from notebench.lab.home.safe import ask_for_restart, is_safe
from notebench.lab.home.watch import Watch

Body = TypeVar("Body", bound=BaseModel)


class HomeHandler(Handler):
    """`GET /notebench/home`."""

    @property
    def watch(self) -> Watch:
        """This session's."""
        found: Watch = self.settings[WATCH]
        return found

    @web.authenticated
    async def get(self) -> None:
        self.say(await self.watch.state())


class LargestHandler(HomeHandler):
    """`GET /notebench/home/largest?fresh=1`."""

    @web.authenticated
    async def get(self) -> None:
        await self.guarded(self._largest())

    async def _largest(self) -> None:
        self.say(await self.watch.contents(fresh=bool(self.get_query_argument("fresh", ""))))


class RemoveHandler(HomeHandler):
    """`POST /notebench/home/remove`."""

    SUPPORTED_METHODS = ("POST", "OPTIONS")

    @web.authenticated
    async def post(self) -> None:
        await self.guarded(self._remove())

    async def _remove(self) -> None:
        try:
            wish = RemoveRequest.model_validate_json(self.request.body)
        except ValidationError as error:
            raise Refused(
                "It was not understood what to remove.", "Give `paths`, a list of words.", code="home-remove"
            ) from error
        done = await asyncio.to_thread(remove, self.watch.home, wish.paths)
        self.watch.changed()
        self.say(done)


class RestartHandler(HomeHandler):
    """`POST /notebench/home/restart`: begin anew outside of the safe mode, once there is room."""

    SUPPORTED_METHODS = ("POST", "OPTIONS")

    @web.authenticated
    async def post(self) -> None:
        await self.guarded(self._restart())

    async def _restart(self) -> None:
        state = await self.watch.state()
        if not is_safe():
            raise Conflict("This session is not in the safe mode.", "Reload the page.", code="home-not-safe")
        if state.level is HomeLevel.full:
            raise Conflict("The home is still full.", "Remove more files first.", code="home-full")
        ask_for_restart()
        self.say(state)
        server = self.serverapp
        server.io_loop.add_callback(server.stop)
