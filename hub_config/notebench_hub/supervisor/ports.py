"""Ports: which are free, and who holds one that is not."""

import contextlib
import socket

import psutil


def is_free(ip: str, port: int) -> bool:
    """Whether this address can be listened on now."""
    with socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((ip, port))
        except OSError:
            return False
    return True


def free_port(ip: str = "127.0.0.1", *, taken: frozenset[int] = frozenset()) -> int:
    """A port that nobody listens on, and that is not in `taken`."""
    while True:
        with socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET) as door:
            door.bind((ip, 0))
            port = int(door.getsockname()[1])
        if port not in taken:
            return port


def holder(port: int) -> psutil.Process | None:
    """The process that listens on this port, as far as this account may know."""
    with contextlib.suppress(psutil.Error):
        for one in psutil.net_connections("tcp"):
            if one.status == psutil.CONN_LISTEN and one.laddr and one.laddr.port == port and one.pid:
                return psutil.Process(one.pid)
    return None


def holder_words(port: int) -> str:
    """`name (pid 12, of anna)`; empty where it cannot be known."""
    process = holder(port)
    if process is None:
        return ""
    try:
        return f"{process.name()} (pid {process.pid}, {process.username()})"
    except psutil.Error:
        return ""
