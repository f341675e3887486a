"""A notebook of a simulated person: a real kernel, spoken to over the websocket as JupyterLab does."""

import asyncio
import json
from typing import Any
from uuid import uuid4

from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

CELL_SECONDS = 120

COMPUTE = """
import hashlib
digest = b""
for number in range(20_000):
    digest = hashlib.sha256(digest + number.to_bytes(4, "big")).digest()
print(digest.hex()[:8])
"""

LOG = """
import json, os, time, urllib.request
uri, token = os.environ["MLFLOW_TRACKING_URI"], os.environ["MLFLOW_TRACKING_TOKEN"]
headers = {"Authorization": "Bearer " + token, "X-MLFLOW-WORKSPACE": os.environ["MLFLOW_WORKSPACE"],
           "Content-Type": "application/json"}
times = {}
def ask(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(uri + "/api/2.0/mlflow/" + path, data, headers)
    begun = time.perf_counter()
    with urllib.request.urlopen(request, timeout=60) as answer:
        said = json.load(answer)
    times.setdefault(path.partition("?")[0], []).append(time.perf_counter() - begun)
    return said
name = os.environ["MLFLOW_EXPERIMENT_NAME"]
experiment = ask("experiments/get-by-name?experiment_name=" + name)["experiment"]["experiment_id"]
now = int(time.time() * 1000)
run = ask("runs/create", {"experiment_id": experiment, "start_time": now})["run"]["info"]["run_id"]
for step in range(5):
    point = {"value": step / 7, "timestamp": now, "step": step}
    metrics = [{"key": "loss", **point}, {"key": "accuracy", **point}]
    ask("runs/log-batch", {"run_id": run, "metrics": metrics, "params": [], "tags": []})
ask("runs/update", {"run_id": run, "status": "FINISHED", "end_time": now + 1000})
print(json.dumps(times))
"""


def document() -> dict[str, Any]:
    """The notebook as the contents API takes it."""
    cells = [
        {"cell_type": "code", "source": text, "metadata": {}, "outputs": [], "execution_count": None}
        for text in (COMPUTE, LOG)
    ]
    named = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    content = {"nbformat": 4, "nbformat_minor": 4, "metadata": named, "cells": cells}
    return {"type": "notebook", "format": "json", "content": content}


class Kernel:
    """One open websocket to one kernel."""

    def __init__(self, socket: WebSocketClientConnection) -> None:
        self._socket = socket
        self._session = uuid4().hex

    @classmethod
    async def open(cls, address: str, cookie: str, origin: str) -> "Kernel":
        headers = {"Cookie": cookie, "Origin": origin}
        asked = HTTPRequest(address, headers=headers, connect_timeout=60, request_timeout=60)
        return cls(await asyncio.wait_for(websocket_connect(asked), 60))

    async def run(self, code: str) -> str:
        """What a cell prints. Raises RuntimeError with what it raised, TimeoutError."""
        asked = uuid4().hex
        header = {"msg_id": asked, "msg_type": "execute_request", "session": self._session, "username": "x"}
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
        message = {
            "header": header | {"version": "5.3", "date": "2026-01-01T00:00:00Z"},
            "parent_header": {},
            "metadata": {},
            "content": content,
            "channel": "shell",
        }
        await self._socket.write_message(json.dumps(message))
        async with asyncio.timeout(CELL_SECONDS):
            return await self._until_idle(asked)

    async def _until_idle(self, asked: str) -> str:
        said, failed = "", ""
        while True:
            received = await self._socket.read_message()
            if received is None:
                raise RuntimeError("the websocket was closed in the middle of a cell")
            message = json.loads(received)
            if message.get("parent_header", {}).get("msg_id") != asked:
                continue
            content = message["content"]
            if message["msg_type"] == "stream":
                said += content["text"]
            elif message["msg_type"] == "error":
                failed = f"{content['ename']}: {content['evalue']}"
            elif message["msg_type"] == "status" and content["execution_state"] == "idle":
                if failed:
                    raise RuntimeError(failed)
                return said

    def close(self) -> None:
        self._socket.close()
