"""A websocket that opens and ends: by it one sees from outside whether websockets get as far as the hub."""

from tornado.websocket import WebSocketHandler

PATH = "/notebench/websocket"
"""Below the hub's own prefix."""


class OpenAndClose(WebSocketHandler):
    """For everybody, from everywhere: it says nothing and hears nothing."""

    def check_origin(self, origin: str) -> bool:
        return True

    def open(self, *args: str, **kwargs: str) -> None:
        self.close(1000)


HANDLER = (PATH, OpenAndClose)
