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
_LONGEST_SECONDS = _READ_SECONDS + max(wire.SECONDS.values()) + 10
_IDLE_SECONDS = 1.0
_LOOK_SECONDS = 0.01
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
    asked: dict[int, float] = {}
    tidying_now = 0
    tidy_at = time.monotonic()
    say(f"ready, for {parts.name}")
    while True:
        _reap(asked, wait=len(asked) >= _MOST)
        if time.monotonic() >= tidy_at and tidying_now not in asked:
            tidy_at = time.monotonic() + _TIDY_SECONDS
            tidying_now = _fork(asked, partial(tidying.tidy, installation), keep=2)
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


def _fork(asked: dict[int, float], work: Callable[[], None], *, keep: int) -> int:
    """Do some work in a process that has no descriptor of ours but this one, and the log's; its pid, or 0."""
    try:
        child = os.fork()
    except OSError as error:
        say(f"cannot fork: {error}")  # the connection is closed, and who asked tries again
        return 0
    if child:
        asked[child] = time.monotonic() + _LONGEST_SECONDS
        return child
    try:
        # The socket and the lock are the launcher's: a request that outlives it must not seem to be it.
        os.closerange(3, keep)
        os.closerange(keep + 1, _MOST_DESCRIPTORS)
        work()
    except BaseException:
        say(f"unforeseen:\n{traceback.format_exc()}")
    finally:
        os._exit(0)


def _reap(asked: dict[int, float], *, wait: bool) -> None:
    """Let go of requests that have ended, and end those that do not; with `wait` until one has ended.

    Who has become an account can be stopped by it: that one is ended at once, else it would keep its place.
    """
    while asked:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG | os.WUNTRACED)
        except ChildProcessError:
            asked.clear()
            return
        if pid and not os.WIFSTOPPED(status):
            asked.pop(pid, None)
            wait = False
        elif pid:
            _kill(pid)
        elif wait:
            time.sleep(_LOOK_SECONDS)
        else:
            return
        for late in [one for one, until in asked.items() if time.monotonic() > until]:
            _kill(late)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


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
