"""Which account a warm process has: none of its own, until root says whose it is."""

import ctypes
import os
from typing import Any

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_CAPABILITIES_VERSION = 0x20080522


def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)


def _check(answer: int, what: str) -> None:
    if answer:
        raise OSError(ctypes.get_errno(), f"{what} failed: {os.strerror(ctypes.get_errno())}")


def become(uid: int, gid: int) -> None:
    """Become the one account that exists in this namespace, and give up everything else for good."""
    libc = _libc()
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION, 0)
    _check(libc.capset(header, (ctypes.c_uint32 * 6)()), "capset")
    _check(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
    # A change of identity hides a process from its own account; a program that is started is not hidden.
    _check(libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0), "prctl")
    if os.getresuid() != (uid, uid, uid) or os.getresgid() != (gid, gid, gid) or os.getgroups():
        raise PermissionError("The system did not give up its privileges.")


def die_with(parent: int, number: int) -> None:
    """Get this signal when the parent ends, also where it has ended already."""
    _check(_libc().prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0), "prctl")
    if os.getppid() != parent:
        os.kill(os.getpid(), number)
