"""Control of a running supervisor through its private Unix socket: one JSON line asked, one answered."""

import asyncio
import contextlib
import json
import os
import socket
import struct
from pathlib import Path
from typing import Any

from notebench.contract.errors import NotebenchError, Unavailable

from notebench_hub.place import Place
from notebench_hub.supervisor.supervisor import PartFailed, Supervisor
from notebench_hub.supervisor.view import View

Json = dict[str, Any]


def socket_file(place: Place) -> Path:
    """Where the supervisor of this state directory listens."""
    return place.sockets / "supervisor.sock"


class ControlServer:
    """Answers `status`, `restart` and `down` for one supervisor."""

    def __init__(self, supervisor: Supervisor, place: Place) -> None:
        self._supervisor = supervisor
        self._file = socket_file(place)
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> "ControlServer":
        self._file.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._serve, str(self._file))
        finally:
            os.umask(before)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server:
            self._server.close()
        self._file.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, ValueError):
            if _peer(writer) in {0, os.getuid()}:
                answer = await self._answer(json.loads(await reader.readline()))
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        writer.close()

    async def _answer(self, asked: Json) -> Json:
        match asked.get("verb"):
            case "status":
                return {"view": self._supervisor.view().model_dump(mode="json")}
            case "down":
                self._supervisor.stop()
                return {"view": self._supervisor.view().model_dump(mode="json")}
            case "restart":
                return await self._restart(str(asked.get("part")))
        return {"error": {"template": "The supervisor does not know this verb.", "values": {}}}

    async def _restart(self, name: str) -> Json:
        try:
            await self._supervisor.restart(name)
        except NotebenchError as error:
            values = {key: str(value) for key, value in error.values.items()}
            lines = error.lines if isinstance(error, PartFailed) else []
            return {
                "error": {
                    "template": error.template,
                    "next": error.next_template,
                    "values": values,
                    "lines": lines,
                }
            }
        return {}


def _peer(writer: asyncio.StreamWriter) -> int:
    """Account of the asker; our own where the system does not tell (the directory is private anyway)."""
    door = writer.get_extra_info("socket")
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return os.getuid()
    _pid, uid, _gid = struct.unpack("3i", door.getsockopt(socket.SOL_SOCKET, option, struct.calcsize("3i")))
    return int(uid)


def ask(place: Place, verb: str, *, timeout: float = 10.0, **words: str) -> Json | None:
    """Ask the supervisor; None where none runs. Raises Unavailable and what the supervisor refuses."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.settimeout(timeout)
        try:
            door.connect(str(socket_file(place)))
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        try:
            door.sendall(json.dumps({"verb": verb, **words}).encode() + b"\n")
            with door.makefile() as answers:
                answer: Json = json.loads(answers.readline() or "{}")
        except (OSError, ValueError) as error:
            raise Unavailable(
                "The supervisor does not answer.", "Look at {log}.", log=place.logs / "supervisor.log"
            ) from error
    if found := answer.get("error"):
        raise PartFailed(
            found["template"], found.get("next", ""), lines=found.get("lines", []), **found["values"]
        )
    return answer


def view(place: Place) -> View | None:
    """What the supervisor says; None where none runs."""
    answer = ask(place, "status")
    return View.model_validate(answer["view"]) if answer and "view" in answer else None
