"""`GET /notebench/outputs/{kernel}`."""

from tornado import web

from notebench.lab.answers import Handler
from notebench.lab.outputs import KEEPER


class OutputsHandler(Handler):
    """What a kernel's cells have shown, in this session only."""

    @web.authenticated
    async def get(self, kernel: str) -> None:
        self.say(self.settings[KEEPER].kept(kernel))
