"""The system's own tools for accounts: looks them up, makes and removes them. Runs as root."""

import grp
import pwd
import shutil
import subprocess
import time
from pathlib import Path

from notebench.contract.errors import Refused, Unavailable

PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_SECONDS = 30
_TRIES = 20


def is_ours(name: str, uid: int, comment: str) -> bool:
    """Whether the account is there, as we made it."""
    found, group = _user(name), _group(name)
    return bool(
        found
        and group
        and (found.pw_uid, found.pw_gid, found.pw_gecos, group.gr_gid) == (uid, uid, comment, uid)
    )


def is_free(name: str, uid: int) -> bool:
    """Whether there is neither an account nor a group of this name or number."""
    return name_is_free(name) and id_is_free(uid)


def name_is_free(name: str) -> bool:
    """Whether there is neither an account nor a group of this name."""
    return _user(name) is None and _group(name) is None


def id_is_free(uid: int) -> bool:
    """Whether there is neither an account nor a group of this number."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        try:
            grp.getgrgid(uid)
        except KeyError:
            return True
    return False


def is_free_or_ours(name: str, uid: int, comment: str) -> bool:
    """Whether it can be made, was made, or was half made when we were cut off: the group comes first."""
    if is_ours(name, uid, comment) or is_free(name, uid):
        return True
    group = _group(name)
    half = group is not None and group.gr_gid == uid and not group.gr_mem and _user(name) is None
    return half and not _has_user(uid)


def make(name: str, uid: int, comment: str, home: Path) -> None:
    """Make what is missing of an account that nobody can log in to. Raises Refused or Unavailable."""
    if _group(name) is None:
        _run("groupadd", "--gid", str(uid), name)
    if _user(name) is None:
        shell = shutil.which("nologin", path=PATH) or "/bin/false"
        _run(
            *("useradd", "--system", "--uid", str(uid), "--gid", str(uid), "--comment", comment),
            *("--home-dir", str(home), "--no-create-home", "--no-log-init", "--shell", shell, name),
        )
    if not is_ours(name, uid, comment):
        raise Unavailable(
            "The system account {account} was made, but the system does not show it.",
            "Look at it with `getent passwd {account}`; `/etc/nsswitch.conf` should name `files` first.",
            code="account-not-shown",
            account=name,
        )


def remove(name: str, uid: int, comment: str) -> bool:
    """Remove an account of ours with its group, whole or half made. False where it is not ours, or in use."""
    if not is_free_or_ours(name, uid, comment):
        return False
    try:
        if _user(name) is not None:
            _run("userdel", name)
        if _group(name) is not None:
            _run("groupdel", name)
    except Unavailable:
        return False
    return True


def _run(tool: str, *words: str) -> None:
    program = shutil.which(tool, path=PATH)
    if program is None:
        raise Refused(
            "This system has no `{tool}`, with which accounts are made and removed.",
            "Install it (Debian: the package `passwd`), or set `accounts: shared`.",
            code="tool-missing",
            tool=tool,
        )
    for _ in range(_TRIES):
        done = subprocess.run(
            [program, *words],
            env={"PATH": PATH, "LANG": "C.UTF-8"},
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
        if done.returncode == 0:
            return
        if "lock" not in done.stderr:
            break
        time.sleep(0.25)  # an administrator, or another installation, changes accounts at this moment
    raise Unavailable(
        "The system did not change the account {account}: {detail}",
        "Try again; the message is that of `{tool}`.",
        code="account-tool",
        account=words[-1],
        detail=(done.stderr.strip().splitlines() or ["no message"])[-1][:300],
        tool=tool,
    )


def _user(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _has_user(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _group(name: str) -> grp.struct_group | None:
    try:
        return grp.getgrnam(name)
    except KeyError:
        return None
