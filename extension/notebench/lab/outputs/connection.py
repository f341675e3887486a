"""Learns which cell an execution is for: only the page that asks knows, and says so in the request."""

import json
import logging
from typing import Any

from notebench.contract.base import Json
from notebench.lab.outputs.keeper import Keeper

log = logging.getLogger(__name__)

_REQUEST = ("execute_request", b"execute_request")


def listening(connection: type, keeper: Keeper) -> type:
    """A class like the server's own for websockets of kernels, which tells the keeper what pages ask."""

    class ListeningConnection(connection):  # type: ignore[misc]  # Jupyter's classes have no types
        def handle_incoming_message(self, incoming_msg: str | bytes) -> None:
            if _mentions(incoming_msg):
                try:
                    asked = _asked(incoming_msg, self.subprotocol)
                    if asked:
                        keeper.asked(self.kernel_id, *asked)
                except (ValueError, KeyError, TypeError, IndexError) as error:
                    log.warning("A request to kernel %s was not understood: %r", self.kernel_id, error)
            super().handle_incoming_message(incoming_msg)

        def handle_outgoing_message(self, stream: Any, outgoing_msg: list[Any]) -> None:
            if getattr(stream, "channel", stream) == "shell":
                self._reply(outgoing_msg)
            super().handle_outgoing_message(stream, outgoing_msg)

        def _reply(self, parts: list[Any]) -> None:
            _, rest = self.session.feed_identities([bytes(part) for part in parts])
            _, header, parent, _, content = rest[:5]
            if b"execute_reply" in header:
                request = str(json.loads(parent).get("msg_id", ""))
                keeper.answered(self.kernel_id, request, json.loads(content))

    return ListeningConnection


def _mentions(message: str | bytes) -> bool:
    return _REQUEST[0] in message if isinstance(message, str) else _REQUEST[1] in message


def _asked(message: str | bytes, subprotocol: str | None) -> tuple[Json, Json, Json] | None:
    """Header, metadata and content of a request to execute on the shell channel; None for anything else."""
    from jupyter_server.services.kernels.connection.base import (
        deserialize_binary_message,
        deserialize_msg_from_ws_v1,
    )

    if subprotocol == "v1.kernel.websocket.jupyter.org":
        channel, parts = deserialize_msg_from_ws_v1(message)
        header, _, metadata, content = (json.loads(bytes(part)) for part in parts[:4])
    else:
        whole = deserialize_binary_message(message) if isinstance(message, bytes) else json.loads(message)
        channel, header = whole.get("channel"), whole["header"]
        metadata, content = whole.get("metadata") or {}, whole["content"]
    wanted = channel in {"shell", None} and header.get("msg_type") == "execute_request"
    return (header, metadata, content) if wanted else None
