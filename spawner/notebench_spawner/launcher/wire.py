"""How the parts talk to the launcher: one request and one answer per connection, as JSON after its length.

A request is `{"verb": …, …}`; an answer is `{"done": …}`, `{"error": …}` or `{"os": …}`. An open file travels
beside the answer as a descriptor.
"""

import array
import json
import os
import socket
import struct
import time
from collections.abc import Sequence
from typing import Any

from notebench.contract import errors
from notebench.contract.errors import NotebenchError, Refused

from notebench_spawner.beneath import LeadsOutError

LIMIT = 8 * 2**20
"""Bytes of one message: an environment may hold the parameters of a notebook run."""

SECONDS: dict[str, int] = {
    "launch": 60,
    "ask_to_end": 10,
    "end_leftovers": 30,
    "settle": 60,
    "forget": 60,
    "listens": 10,
    "keep_ready": 10,
    "prepare_home": 120,
    "prepare_layer": 120,
    "make_runtime": 60,
    "remove_runtime": 60,
    "find_file": 20,
    "open_file": 20,
    "make_folder": 60,
    "remove_tree": 120,
}
"""The verbs, and how long the launcher may take for each. After that it gives up, and so does who asked."""

_HEAD = struct.Struct("!I")
_CHUNK = 64 * 1024
_ERRORS: dict[str, type[NotebenchError]] = {
    one.__name__: one
    for one in (
        errors.Refused,
        errors.NotFound,
        errors.NotAllowed,
        errors.Conflict,
        errors.TooLarge,
        errors.Unavailable,
    )
}


class GarbledError(ValueError):
    """What came is no message."""


def send(connection: socket.socket, message: dict[str, Any], descriptors: Sequence[int] = ()) -> None:
    """Send one message. Raises OSError, and GarbledError for one that is too large."""
    body = json.dumps(message).encode()
    if len(body) > LIMIT:
        raise GarbledError(f"a message of {len(body)} bytes is too large")
    head = _HEAD.pack(len(body))
    if descriptors:
        socket.send_fds(connection, [head], list(descriptors))
    else:
        connection.sendall(head)
    connection.sendall(body)


def receive(
    connection: socket.socket, seconds: float, most_descriptors: int = 0
) -> tuple[dict[str, Any], list[int]]:
    """One message and the descriptors that came with it, in this time all together.

    Raises TimeoutError, EOFError when the other side has closed, and GarbledError.
    """
    until = time.monotonic() + seconds
    descriptors: list[int] = []
    try:
        head = _read(connection, _HEAD.size, until, descriptors, most_descriptors)
        (length,) = _HEAD.unpack(head)
        if length > LIMIT:
            raise GarbledError(f"a message of {length} bytes is too large")
        found = json.loads(_read(connection, length, until, descriptors, 0))
        if not isinstance(found, dict):
            raise GarbledError("a message is a mapping")
    except (EOFError, OSError, ValueError, RecursionError) as error:
        for one in descriptors:
            os.close(one)
        if isinstance(error, EOFError | OSError | GarbledError):
            raise
        raise GarbledError("not JSON") from None  # the cause would quote it, and there are secrets in it
    return found, descriptors


def _read(
    connection: socket.socket, length: int, until: float, descriptors: list[int], most_descriptors: int
) -> bytes:
    found = bytearray()
    while len(found) < length:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)
        wanted = min(length - len(found), _CHUNK)
        # Without room for descriptors the system closes those that come uninvited.
        room = socket.CMSG_SPACE(most_descriptors * 4) if most_descriptors else 0
        chunk, extra, _flags, _from = connection.recvmsg(wanted, room, socket.MSG_CMSG_CLOEXEC)
        for level, kind, data in extra:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                numbers = array.array("i")
                numbers.frombytes(data[: len(data) - len(data) % numbers.itemsize])
                descriptors.extend(numbers)
        if not chunk:
            raise EOFError
        found += chunk
    return bytes(found)


def told(error: NotebenchError | OSError) -> dict[str, Any]:
    """An error as the body of an answer."""
    if isinstance(error, NotebenchError):
        kind = next((name for name, one in _ERRORS.items() if type(error) is one), Refused.__name__)
        values = {
            name: value if isinstance(value, int | float) else str(value)
            for name, value in error.values.items()
        }
        words = {"message": error.template, "next": error.next_template, "code": error.kind}
        return {"error": {"kind": kind, **words, "field": error.field, "values": values}}
    return {
        "os": {
            "number": error.errno or 0,
            "text": error.strerror or str(error),
            "file": str(error.filename or ""),
            "leads_out": isinstance(error, LeadsOutError),
        }
    }


def raised(answer: dict[str, Any]) -> None:
    """Raise the error that an answer holds; nothing for another answer. Raises GarbledError, too."""
    try:
        if found := answer.get("error"):
            kind, code = _ERRORS[found["kind"]], str(found["code"])
            values = {str(name): value for name, value in found["values"].items()}
            for reserved in ("message", "next_step", "code", "field"):
                values.pop(reserved, None)
            raise kind(
                str(found["message"]), str(found["next"]), code=code, field=str(found["field"]), **values
            )
        if found := answer.get("os"):
            words = (int(found["number"]), str(found["text"]), str(found["file"]) or None)
            raise LeadsOutError(*words) if found["leads_out"] else OSError(*words)
    except (KeyError, TypeError, AttributeError) as error:
        raise GarbledError("an error without its parts") from error
