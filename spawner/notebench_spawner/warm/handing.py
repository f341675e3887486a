"""Hands a workload to a shim that waits, over the socket to it."""

import json
import os
import select
import socket

_ANSWER_SECONDS = 10.0


def words_of(argv: list[str]) -> list[str]:
    """What a shim that waits has to be told of the command line that would start one."""
    return argv[argv.index("-S") + 2 :]


def hand_over(door: socket.socket, words: list[str], env: dict[str, str]) -> bool:
    """Let it be what these words would start. Blocks, and closes the socket.

    True where it has answered: the workload's folder then has its record. Else it must be ended before
    another one is started; the folder says whether it had begun.
    """
    with door:
        try:
            with os.fdopen(os.memfd_create("handed"), "w") as content:
                json.dump({"words": words, "environment": env}, content)
                content.flush()
                socket.send_fds(door, [b"!"], [content.fileno()])
            return bool(select.select([door], [], [], _ANSWER_SECONDS)[0] and door.recv(16))
        except OSError:
            return False
