"""From nobody's process to a workload's: account, directory, log, environment, command line."""

import ctypes
import locale
import os
import resource
import signal
import sys
import time
from collections.abc import Mapping

from notebench.warm import account, layers
from notebench.warm.handed import Handed
from notebench.warm.reads import Reads
from notebench.warm.traces import Traces

_AT_START = ("PYTHON", "MALLOC_", "LD_", "GLIBC_")
"""Variables that begin so are read by the interpreter or the linker, before any import."""
_NUMBER = "PYTHON_CPU_COUNT"


def take_over(handed: Handed, command: tuple[str, ...], reads: Reads, traces: Traces) -> None:
    """Be what a cold start with this would be; where that cannot be, replace this process by a cold start.

    `command` is how the command line goes on after the interpreter. Ends the process, as a cold start does,
    where there is no such directory.
    """
    shim = os.getppid()
    for which, amount in handed.limits:
        _, hard = resource.getrlimit(which)
        value = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
        resource.setrlimit(which, (value, value))
    if handed.account:
        account.become(*handed.account)
    account.die_with(shim, signal.SIGKILL)
    for number in (1, 2):
        os.dup2(handed.output, number)
    os.close(handed.output)
    try:
        os.chdir(handed.cwd)
        if differences(handed, command, reads):
            os.execve(handed.argv[0], handed.argv, handed.env)  # noqa: S606 - no shell
    except OSError as error:
        print(f"Cannot start {handed.argv[0]}: {error.strerror or error}.", flush=True)
        os._exit(127)
    sys.orig_argv[:] = handed.argv
    layers.move_into(handed.argv[0])
    show(handed)
    set_environment(handed.env)
    traces.put_right(handed.env)


def differences(handed: Handed, command: tuple[str, ...], reads: Reads) -> list[str]:
    """What is here already and would be something else in a cold start."""
    env, before = handed.env, reads.before
    at_start = {name for name in {*env, *before} if name.startswith(_AT_START) and not _counts_nothing(name)}
    languages = {name for name in {*env, *before} if name == "LANG" or name.startswith("LC_")}
    return [
        *([] if tuple(handed.argv[1 : 1 + len(command)]) == command else ["command"]),
        *sorted(name for name in at_start | languages if env.get(name) != before.get(name)),
        *reads.mistaken(env),
        *([] if layers.interpreter_fits(handed.argv[0]) else [handed.argv[0]]),
    ]


def _counts_nothing(name: str) -> bool:
    """Before Python 3.13 this word means nothing to the interpreter."""
    return name == _NUMBER and sys.version_info < (3, 13)


def show(handed: Handed) -> None:
    """Write variables where /proc shows them: the system shows what a program was started with.

    There was room for them at the end of it: a long value that means nothing.
    """
    libc = ctypes.CDLL(None)
    libc.getenv.restype = ctypes.c_void_p
    for name in handed.shown:
        found = libc.getenv(name.encode())
        if not found:
            continue
        room, value = len(os.environ[name].encode()), handed.env.get(name, "").encode()
        if len(value) <= room:
            ctypes.memmove(found, value.ljust(room, b"\0"), room)


def set_environment(env: Mapping[str, str]) -> None:
    """These variables and no others, for Python and for libraries in C."""
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    locale.setlocale(locale.LC_CTYPE, "")
