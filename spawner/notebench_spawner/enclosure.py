"""A network of its own for a workload: it reaches one port of this machine, and nothing else.

Its network namespace has a loopback device and no other. The port is there, too: the socket that listens at
it was made inside and is answered outside, by the shim, which passes bytes on to the port that is meant.
Sockets with a path, like a model server's own, are files and not part of this. Standard library only.
"""

import contextlib
import ctypes
import errno
import fcntl
import os
import socket
import struct
import threading
from pathlib import Path

MOST = 64
"""Connections at once; the next one waits."""

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_SIOCSIFFLAGS, _UP = 0x8914, 0x1
_NOT_HERE = frozenset({errno.EPERM, errno.ENOSYS, errno.EINVAL})
"""What a kernel says that gives nobody, or not this account, a network of its own."""
_HOST = "127.0.0.1"
_SECONDS = 10.0
_PIECE = 65536


class Door:
    """The one way out. Made before the workload's process, which calls `enter`; its shim calls `serve`."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._ours, self._theirs = socket.socketpair()
        self._room = threading.BoundedSemaphore(MOST)

    def enter(self) -> None:
        """Leave this machine's network. Raises OSError, but for a kernel that gives none: then it stays."""
        try:
            _leave()
        except OSError as error:
            if error.errno not in _NOT_HERE:
                raise
            print("This system gives a model server no network of its own: it reaches all of it.", flush=True)
        else:
            with socket.socket() as listening:
                listening.bind((_HOST, self.port))
                listening.listen(MOST)
                socket.send_fds(self._theirs, [b"!"], [listening.fileno()])
        self._ours.close()
        self._theirs.close()

    def serve(self) -> None:
        """Pass on, in threads of this process, for as long as it lives."""
        self._theirs.close()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError), self._ours:
            self._ours.settimeout(_SECONDS)
            _, found, _, _ = socket.recv_fds(self._ours, 1, 1)
            if not found:  # it has stayed, or has ended
                return
            with socket.socket(fileno=found[0]) as listening:
                while True:
                    self._room.acquire()
                    inside, _ = listening.accept()
                    threading.Thread(target=self._connect, args=[inside], daemon=True).start()

    def _connect(self, inside: socket.socket) -> None:
        try:
            with inside, socket.create_connection((_HOST, self.port), _SECONDS) as outside:
                outside.settimeout(None)
                back = threading.Thread(target=_copy, args=[outside, inside], daemon=True)
                back.start()
                _copy(inside, outside)
                back.join()
        except OSError:
            return  # nobody listens there now: inside sees its connection end
        finally:
            self._room.release()


def possible() -> bool:
    """Whether a process of this account can get a network of its own here."""
    child = os.fork()
    if child == 0:
        try:
            _leave()
            os._exit(0)
        except BaseException:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def _leave() -> None:
    uid, gid = os.getuid(), os.getgid()
    if os.geteuid() == 0:
        _unshare(_CLONE_NEWNET)
    else:
        _unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", _UP))


def _unshare(flags: int) -> None:
    if not hasattr(socket, "AF_NETLINK"):  # namespaces are Linux's
        raise OSError(errno.ENOSYS, "no namespaces")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flags):
        raise OSError(ctypes.get_errno(), "unshare failed")


def _copy(source: socket.socket, target: socket.socket) -> None:
    """All that comes, then the news that no more will."""
    with contextlib.suppress(OSError):
        while piece := source.recv(_PIECE):
            target.sendall(piece)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
