"""Asks the hub of an installed Notebench for a websocket, through everything that is in front of it."""

from urllib.parse import urlsplit

from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

from notebench_hub.doctor.facts import Socket
from notebench_hub.hub import websocket

_SECONDS = 15


async def knock(address: str) -> Socket:
    """What comes back; never an exception."""
    found = urlsplit(address)
    scheme = {"http": "ws", "https": "wss"}.get(found.scheme)
    if scheme is None or not found.hostname:
        return Socket(address, problem="https://…")
    url = f"{scheme}://{found.netloc}{found.path.rstrip('/')}/hub{websocket.PATH}"
    request = HTTPRequest(url, connect_timeout=_SECONDS, request_timeout=_SECONDS)
    try:
        opened = await websocket_connect(request)
    except HTTPClientError as error:
        if error.code == 599:
            return Socket(address, problem=error.message)
        return Socket(address, status=error.code)
    except (OSError, ValueError) as error:
        return Socket(address, problem=str(error) or type(error).__name__)
    opened.close()
    return Socket(address, status=101)
