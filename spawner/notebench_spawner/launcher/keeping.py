"""The launcher's keeper: keeps processes ready until one of root's that works on a start takes them.

What waits is a shim of root's, and below it a process of an image, set apart as a number that no account has.
Who asks is root, too; the parts' wishes come through the verb `keep_ready`.
"""

import os
import random
import signal
import socket
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from notebench_spawner.launcher import ids, system, wire
from notebench_spawner.launcher.installation import Installation
from notebench_spawner.launcher.ready import SECONDS, Wish
from notebench_spawner.warm.pool import Pool
from notebench_spawner.workload import Kind

NAME = "keeper"
"""What `ps` and `top` call the process."""

WISH_SECONDS = 40.0
"""How long a wish counts that is not said again: the part that had it may have ended."""

WAITING = (Kind.session, Kind.run)
"""Kinds of which a process can wait: see `notebench.warm.kinds` in an image."""

_BACKLOG = 64
_MOST_DESCRIPTORS = 1 << 20
_PEER = struct.Struct("3i")


def keep(installation: Installation) -> None:
    """Keep what is wished ready, until SIGTERM."""
    # The socket and the lock are the launcher's: this process must not seem to be it.
    os.closerange(3, _MOST_DESCRIPTORS)
    Path("/proc/self/comm").write_text(NAME)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    keeper = Keeper(installation)
    try:
        with _listener(installation.keeper) as listener:
            while True:
                connection, _ = listener.accept()
                with connection, suppress(OSError, EOFError, ValueError, KeyError):
                    if _is_roots(connection):
                        keeper.answer(connection)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        keeper.close()
        installation.keeper.unlink(missing_ok=True)


class Keeper:
    """Pools of processes, one of each kind that somebody wishes."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.pools: dict[Kind, Pool] = {}
        self.wishes: dict[Kind, tuple[Wish, float]] = {}
        # Each kind has numbers of its own: its pool takes them in a thread of its own.
        numbers = ids.of_nobody(installation.first_id, installation.ids)
        self.numbers = {kind: numbers[turn :: len(WAITING)] for turn, kind in enumerate(WAITING)}

    def answer(self, connection: socket.socket) -> None:
        """Read one request and answer it. Raises OSError, EOFError, ValueError or KeyError."""
        request, _ = wire.receive(connection, SECONDS)
        kind = Kind(request["kind"])
        if request["verb"] == "take":
            self._give(connection, kind, str(request["image"]))
        else:
            wish = Wish(kind, int(request["count"]), list(request["images"]), dict(request["env"]))
            wire.send(connection, {"done": self._have(wish)})

    def close(self) -> None:
        """End everything that waits."""
        for pool in self.pools.values():
            pool.close()

    def _give(self, connection: socket.socket, kind: Kind, image: str) -> None:
        pool = self.pools.get(kind)
        one = pool.take(image) if pool else None
        if one is None:
            wire.send(connection, {"done": False})
            return
        shim = os.pidfd_open(one.shim.pid)
        try:
            wire.send(connection, {"done": True}, [one.door.fileno(), shim])
        finally:  # where that has failed nobody has its door any more, and it ends
            os.close(shim)
            one.let_go()

    def _have(self, wish: Wish) -> tuple[int, int]:
        self.wishes[wish.kind] = wish, time.monotonic()
        pool = self.pools.get(wish.kind)
        if pool and pool.ambient != wish.env:  # what waits would begin anew, to have these words
            self.pools.pop(wish.kind).close()
            pool = None
        if pool is None and wish.count and self.numbers.get(wish.kind):
            pool = self.pools[wish.kind] = self._pool(wish)
        if pool is None:
            return 0, 0
        pool.count = wish.count
        return pool.held()

    def _pool(self, wish: Wish) -> Pool:
        return Pool(
            wish.kind,
            self.installation.environments,
            wish.count,
            ambient=wish.env,
            current=lambda: self._images(wish.kind),
            apart=_free(self.numbers[wish.kind]),
        )

    def _images(self, kind: Kind) -> list[str]:
        wish, said = self.wishes[kind]
        return wish.images if time.monotonic() - said < WISH_SECONDS else []


def _free(numbers: range) -> Iterator[int]:
    """Each in turn, so that none is used again soon, without those that somebody has given to an account."""
    first = random.randrange(len(numbers))  # noqa: S311 - not a secret
    found = True
    while found:
        found = False
        for one in (*numbers[first:], *numbers[:first]):
            if system.id_is_free(one):
                found = True
                yield one


def _is_roots(connection: socket.socket) -> bool:
    _pid, uid, _gid = _PEER.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    return bool(uid == 0)


def _listener(path: Path) -> socket.socket:
    """A socket that only root can open, in a directory where only root can write."""
    path.unlink(missing_ok=True)
    found = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        found.bind(str(path))
    finally:
        os.umask(before)
    found.listen(_BACKLOG)
    return found
