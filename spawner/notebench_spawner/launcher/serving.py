"""The launcher's serving process: one connection, one process, one request.

The process of a request may become another account for good, or end in any way, without harm to the next.
"""

import gc
import os
import signal
import socket
import struct
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from uuid import uuid4

from notebench.contract.errors import NotebenchError, Refused, Unavailable

from notebench_spawner.launcher import tidying, wire
from notebench_spawner.launcher.accounts import Account
from notebench_spawner.launcher.installation import Installation
from notebench_spawner.launcher.verbs import VERBS, Desk

_MOST = 64
"""Requests at once; more wait in the socket's queue."""
_READ_SECONDS = 10
_IDLE_SECONDS = 1.0
_TIDY_SECONDS = 60.0
_MOST_DESCRIPTORS = 1 << 20
_PEER = struct.Struct("3i")


def say(line: str) -> None:
    """A line for the launcher's log."""
    with suppress(OSError):
        print(f"{time.strftime('%Y-%m-%dT%H:%M:%S%z')} launcher: {line}", file=sys.stderr, flush=True)


def serve(listener: socket.socket, installation: Installation, parts: Account) -> None:
    """Answer until the process is ended."""
    gc.freeze()  # what is here now is shared with the process of every request
    listener.settimeout(_IDLE_SECONDS)
    asked: set[int] = set()
    tidy_at = time.monotonic()
    say(f"ready, for {parts.name}")
    while True:
        _reap(asked, wait=len(asked) >= _MOST)
        if time.monotonic() >= tidy_at:
            tidy_at = time.monotonic() + _TIDY_SECONDS
            _fork(asked, partial(tidying.tidy, installation), keep=2)
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            continue
        except OSError as error:  # out of descriptors, or who asked is gone again
            say(f"cannot accept: {error}")
            time.sleep(0.1)
            continue
        with connection:
            pid, uid, _gid = _PEER.unpack(
                connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
            )
            if uid not in (0, parts.uid):
                say(f"refused process {pid} of account {uid}")
                continue
            work = partial(_answer, connection, installation, parts)
            _fork(asked, work, keep=connection.fileno())


def _fork(asked: set[int], work: Callable[[], None], *, keep: int) -> None:
    """Do some work in a process that has no descriptor of ours but this one, and the log's."""
    try:
        child = os.fork()
    except OSError as error:
        say(f"cannot fork: {error}")  # the connection is closed, and who asked tries again
        return
    if child:
        asked.add(child)
        return
    try:
        # The socket and the lock are the launcher's: a request that outlives it must not seem to be it.
        os.closerange(3, keep)
        os.closerange(keep + 1, _MOST_DESCRIPTORS)
        work()
    except BaseException:
        say(f"unforeseen:\n{traceback.format_exc()}")
    finally:
        os._exit(0)


def _reap(asked: set[int], *, wait: bool) -> None:
    with suppress(ChildProcessError):
        while asked:
            pid, _ = os.waitpid(-1, 0 if wait else os.WNOHANG)
            if not pid:
                return
            asked.discard(pid)
            wait = False
    asked.clear()


def _answer(connection: socket.socket, installation: Installation, parts: Account) -> None:
    """Read one request and answer it. The system ends us where that takes too long."""
    signal.alarm(_READ_SECONDS + 1)
    try:
        try:
            request, _ = wire.receive(connection, _READ_SECONDS)
        except (TimeoutError, EOFError, ConnectionError):
            return  # nobody waits for an answer
        verb = request.pop("verb", None)
        if not isinstance(verb, str) or verb not in VERBS:
            raise _garbled("it names no verb that the launcher has")
        signal.alarm(wire.SECONDS[verb])
        done, descriptors = VERBS[verb](Desk(installation, parts), request)
        wire.send(connection, {"done": done}, descriptors)
    except BaseException as error:
        with suppress(OSError):
            wire.send(connection, wire.told(_known(error)))


def _known(error: BaseException) -> NotebenchError | OSError:
    """What may be told of an error. What nobody foresaw goes to the log under a code that people see."""
    if isinstance(error, NotebenchError | OSError):
        return error
    if isinstance(error, wire.GarbledError):
        return _garbled(str(error))
    ours = Unavailable(
        "The launcher, which starts people's processes, failed at this.",
        "Its log has the story under {reference}.",
        code="launcher-failed",
        reference=uuid4().hex[:8],
    )
    lines = traceback.format_tb(error.__traceback__)  # without the error's own words: they may hold secrets
    say(f"{ours.values['reference']}: {type(error).__name__}\n{''.join(lines)}")
    return ours


def _garbled(detail: str) -> Refused:
    return Refused(
        "The launcher does not understand the request: {detail}.",
        "Hub, service and launcher must be of one version: run `notebench restart`.",
        code="launcher-request",
        detail=detail,
    )
