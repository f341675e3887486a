"""What is handed to a warm process: in memory, with the open files of the workload."""

import json
import os
import socket
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Handed:
    """What a cold start would get from who starts it."""

    argv: list[str]
    env: dict[str, str]
    cwd: str
    account: tuple[int, int] | None
    """User and group to become; None where it is this one's already."""
    limits: list[tuple[int, int]]
    """Which resource, and how much of it at most."""
    shown: list[str]
    """Variables by which others find this process through /proc."""
    output: int
    """The open log."""
    notices: int | None = None


def receive(door: socket.socket) -> Handed | None:
    """Wait for it. None where who keeps this process has ended, or has no use for it."""
    try:
        said, descriptors, _, _ = socket.recv_fds(door, 1, 3)
        if not said:
            return None
        # Who hands over starts something else when there is no answer; so there must be one to ours, too.
        door.send(b"taken")
        if not door.recv(1):
            return None
    except ConnectionError:
        return None
    content, output, *notices = descriptors
    with os.fdopen(content) as opened:
        opened.seek(0)
        told: dict[str, Any] = json.load(opened)
    env: dict[str, str] = told["env"]
    if notices:
        env[told["notices"]] = str(notices[0])
        os.set_inheritable(notices[0], True)
    return Handed(
        argv=told["argv"],
        env=env,
        cwd=told["cwd"],
        account=tuple(told["account"]) if told["account"] else None,
        limits=[(which, amount) for which, amount in told["limits"]],
        shown=told["shown"],
        output=output,
        notices=notices[0] if notices else None,
    )


def hand(door: socket.socket, handed: Handed) -> None:
    """Hand it on to another warm process. Raises OSError where it has ended: then it has done nothing."""
    told = {
        "argv": handed.argv,
        "env": handed.env,
        "cwd": handed.cwd,
        "account": handed.account,
        "limits": handed.limits,
        "shown": handed.shown,
    }
    with os.fdopen(os.memfd_create("handed"), "w") as content:
        json.dump(told, content)
        content.flush()
        socket.send_fds(door, [b"!"], [content.fileno(), handed.output])
    if not door.recv(16):
        raise BrokenPipeError
    door.send(b"!")
