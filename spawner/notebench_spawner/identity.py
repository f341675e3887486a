"""Becomes another account, for good. Standard library only; works where this process is root."""

import os
import sys

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
ROOT_MESSAGE = "Refused to become root: people's processes never run as root."


def become(uid: int, gid: int) -> None:
    """Give up everything but this account: no other group, no capability, no way back. Raises OSError."""
    if uid <= 0 or gid <= 0:
        raise PermissionError(ROOT_MESSAGE)
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    os.umask(0o077)
    no_new_privileges()
    if os.getresuid() != (uid, uid, uid) or os.getresgid() != (gid, gid, gid) or os.getgroups():
        raise PermissionError("The system did not give up its privileges.")


def no_new_privileges() -> None:
    """From here on no program gives this process or its children more rights. Raises OSError."""
    tell_kernel(_PR_SET_NO_NEW_PRIVS, 1)


def die_with_parent(number: int) -> None:
    """Get this signal when the parent ends. The kernel forgets it with every change of identity."""
    tell_kernel(_PR_SET_PDEATHSIG, number)


def tell_kernel(option: int, value: int) -> None:
    """prctl(2), which only Linux has. Raises OSError."""
    if sys.platform == "linux":
        import ctypes  # only Linux's libc has it

        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(option, value, 0, 0, 0):
            raise OSError(ctypes.get_errno(), f"prctl({option}) failed")
