"""Sets a process of root's apart: as an account that is nobody's, in a user namespace without accounts.

What it starts there can become the one account that root writes down for the namespace, and has no other
right. Standard library only: the shim calls this in its child, before anything of an image is loaded.
"""

import ctypes
import os
import resource
from contextlib import suppress
from pathlib import Path
from typing import Any

from notebench_spawner import identity

_CLONE_NEWUSER = 0x10000000
_PR_SET_KEEPCAPS, _PR_CAPBSET_DROP, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 8, 24, 47, 2
_CAPABILITIES_VERSION = 0x20080522
_SETGID, _SETUID = 6, 7
_BECOME = 1 << _SETGID | 1 << _SETUID
_LAST = Path("/proc/sys/kernel/cap_last_cap")

_COUNTED = ("RLIMIT_NPROC", "RLIMIT_MEMLOCK", "RLIMIT_SIGPENDING", "RLIMIT_MSGQUEUE")
"""What the kernel counts for all in a namespace together, at most as much as its maker could have."""


def leave(uid: int, gid: int) -> None:
    """Go there for good. Raises OSError where the system does not allow it.

    The maker of a namespace answers for what is used in it (inotify, message queues), so each needs a number
    of its own: else one person could use up what belongs to another.
    """
    if uid <= 0 or gid <= 0:
        raise PermissionError(identity.ROOT_MESSAGE)
    libc = ctypes.CDLL(None, use_errno=True)
    before = {which: resource.getrlimit(which) for name in _COUNTED if (which := getattr(resource, name, 0))}
    for which in before:
        with suppress(ValueError, OSError):  # a container may not let root do that
            resource.setrlimit(which, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    # Rights are kept for one step more: where the system lets only root make namespaces, it is root's.
    _call(libc.prctl, _PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    _have(libc, _permitted(libc), 0)
    _call(libc.unshare, _CLONE_NEWUSER)
    for which, amounts in before.items():
        resource.setrlimit(which, amounts)
    identity.no_new_privileges()
    for one in range(int(_LAST.read_text()) + 1):
        if not _BECOME >> one & 1:
            _call(libc.prctl, _PR_CAPBSET_DROP, one, 0, 0, 0)
    _have(libc, _BECOME, _BECOME)
    for one in (_SETGID, _SETUID):
        _call(libc.prctl, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, one, 0, 0)


def _permitted(libc: Any) -> int:
    words = (ctypes.c_uint32 * 6)()
    _call(libc.capget, _header(), words)
    return int(words[1]) | int(words[4]) << 32


def _have(libc: Any, rights: int, inherited: int) -> None:
    """Have these rights from here on; with what is inherited, programs that are started have them, too."""
    sets = (rights, rights, inherited)
    words = [one >> shift & 0xFFFFFFFF for shift in (0, 32) for one in sets]
    _call(libc.capset, _header(), (ctypes.c_uint32 * 6)(*words))


def _header() -> Any:
    return (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION, 0)


def _call(function: Any, *words: Any) -> None:
    if function(*words):
        number = ctypes.get_errno()
        raise OSError(number, f"{function.__name__} failed: {os.strerror(number)}")
