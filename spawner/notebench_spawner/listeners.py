"""Who listens on a port of this machine: told by the kernel's tables. Standard library only; Linux only."""

from pathlib import Path

from notebench_spawner import shim

_LISTENS = "0A"
_ANY = {"00000000", "0" * 32}
_LOOPBACK = {"0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"}


def listens(shim_pid: int, port: int) -> bool:
    """Whether all that listen on this port of loopback stand below this shim. True where nobody can know."""
    found = listening(port)
    if found is None:
        return True
    return bool(found) and found <= _sockets_below(shim_pid)


def listening(port: int) -> set[str] | None:
    """The numbers of the sockets that get what comes to this port of loopback; None where nobody can know."""
    found: set[str] = set()
    for table in ("tcp", "tcp6"):
        try:
            lines = Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        except OSError:
            if table == "tcp":
                return None
            continue  # a machine without IPv6
        for line in lines:
            words = line.split()
            host, _, number = words[1].rpartition(":")
            if words[3] == _LISTENS and int(number, 16) == port and host in _ANY | _LOOPBACK:
                found.add(words[9])
    return found


def _sockets_below(pid: int) -> set[str]:
    found: set[str] = set()
    for one in shim.descendants(pid):
        try:
            descriptors = list(Path(f"/proc/{one}/fd").iterdir())
        except OSError:
            continue  # ended meanwhile
        for descriptor in descriptors:
            try:
                target = str(descriptor.readlink())
            except OSError:
                continue
            if target.startswith("socket:["):
                found.add(target[8:-1])
    return found
