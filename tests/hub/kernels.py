"""Code in a kernel of a running session, through the proxy, as JupyterLab runs it."""

import asyncio
import json
from typing import Any
from uuid import uuid4

from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from .workbench import Person


def run(person: Person, server: dict[str, Any], code: str) -> str:
    """What the code prints."""
    kernel = _make(person, server, "api/kernels", {"name": "python3"})["id"]
    return asyncio.run(_execute(person, f"{server['url']}api/kernels/{kernel}/channels", code))


def shell(person: Person, server: dict[str, Any], command: str) -> str:
    """What a command prints in a terminal."""
    terminal = _make(person, server, "api/terminals", {})["name"]
    return asyncio.run(_type(person, f"{server['url']}terminals/websocket/{terminal}", command))


def _make(person: Person, server: dict[str, Any], path: str, body: dict[str, str]) -> dict[str, Any]:
    url = server["url"]
    person.http.get(url + "lab")  # signs in there
    xsrf = str(person.http.cookies.get("_xsrf", path=url))
    headers = {"X-XSRFToken": xsrf, "Referer": person.bench.url.rstrip("/") + url}
    answer = person.http.post(url + path, json=body, headers=headers)
    assert answer.is_success, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def _connect(person: Person, path: str) -> WebSocketClientConnection:
    return await connect(person.bench.url, path, {"Cookie": cookies(person)})


def cookies(person: Person) -> str:
    """All that the person's browser holds."""
    return "; ".join(f"{one.name}={one.value}" for one in person.http.cookies.jar)


async def connect(url: str, path: str, headers: dict[str, str]) -> WebSocketClientConnection:
    """A websocket at a path of a site."""
    public = url.rstrip("/")
    address = public.replace("http", "ws", 1) + path
    return await websocket_connect(
        HTTPRequest(address, headers={**headers, "Origin": public}, connect_timeout=30)
    )


async def _type(person: Person, path: str, command: str) -> str:
    socket = await _connect(person, path)
    # What is typed is echoed; only the output has the words whole.
    line = f"printf 'BE''GIN\\n'; {command}; printf 'E''ND\\n'\r"
    await socket.write_message(json.dumps(["stdin", line]))
    said = ""
    while "END\r\n" not in said:
        kind, *rest = json.loads(await asyncio.wait_for(socket.read_message(), 30) or "[]")
        said += rest[0] if kind == "stdout" else ""
    socket.close()
    return said.split("BEGIN\r\n")[1].split("END\r\n")[0]


async def _execute(person: Person, path: str, code: str) -> str:
    socket = await _connect(person, path)
    header = {"msg_id": uuid4().hex, "msg_type": "execute_request", "session": uuid4().hex, "username": "x"}
    message = {
        "header": header | {"version": "5.3", "date": "2026-01-01T00:00:00Z"},
        "parent_header": {},
        "metadata": {},
        "content": {"code": code, "silent": False, "store_history": False, "allow_stdin": False},
        "channel": "shell",
    }
    await socket.write_message(json.dumps(message))
    said = ""
    while True:
        received = json.loads(await asyncio.wait_for(socket.read_message(), 60) or "{}")
        if received.get("parent_header", {}).get("msg_id") != header["msg_id"]:
            continue
        content = received["content"]
        if received["msg_type"] == "stream":
            said += content["text"]
        elif received["msg_type"] == "error":
            said += "\n".join(content["traceback"])
        elif received["msg_type"] == "status" and content["execution_state"] == "idle":
            socket.close()
            return said
