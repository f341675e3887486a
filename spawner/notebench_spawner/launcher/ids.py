"""Whether a range of system ids is free for the accounts of an installation."""

import grp
import pwd
from collections.abc import Collection, Iterator
from pathlib import Path

from notebench.contract.errors import Refused

SUBORDINATE = (Path("/etc/subuid"), Path("/etc/subgid"))
_SPECIAL = (65534, 65535)  # nobody, and what stands for "no id" in 16 bits
_LEAST = 1000
_OURS = ("nb-", "notebench-")
_SHARE, _MOST = 8, 1000


def of_nobody(first: int, count: int) -> range:
    """The last ids of a range, which no account gets: of processes that wait until they are somebody's."""
    return range(first + count - min(count // _SHARE, _MOST), first + count)


def of_accounts(first: int, count: int) -> range:
    """The others."""
    return range(first, of_nobody(first, count).start)


def check_range(
    first: int, count: int, known: Collection[str] = (), subordinate: Collection[Path] = SUBORDINATE
) -> None:
    """Raises Refused where ids of the range are the system's, users', or containers'.

    Accounts of other installations may lie in it: those numbers are not given again.
    """
    last = first + count - 1
    if first < _LEAST or count < 1 or last >= 2**31 - 1 or any(first <= one <= last for one in _SPECIAL):
        raise Refused(
            "The ids {first} to {last} are not all for accounts of people.",
            "Choose another range in the setting `account_ids`.",
            code="ids-range",
            first=first,
            last=last,
        )
    for name, begin, end in _subordinate(subordinate):
        if begin <= last and first <= end:
            raise _taken(first, last, f"{name} ({begin}-{end})")
    for name, number in _accounts():
        if first <= number <= last and name not in known and not name.startswith(_OURS):
            raise _taken(first, last, f"{name} ({number})")


def _subordinate(files: Collection[Path]) -> Iterator[tuple[str, int, int]]:
    """Ranges that are handed to containers of users."""
    for file in files:
        try:
            lines = file.read_text(errors="replace").splitlines()
        except OSError:
            continue
        for line in lines:
            name, _, rest = line.partition(":")
            begin, _, count = rest.partition(":")
            if begin.strip().isdecimal() and count.strip().isdecimal():
                yield f"{file.name} of {name}", int(begin), int(begin) + int(count) - 1


def _accounts() -> Iterator[tuple[str, int]]:
    for user in pwd.getpwall():
        yield user.pw_name, user.pw_uid
    for group in grp.getgrall():
        yield group.gr_name, group.gr_gid


def _taken(first: int, last: int, who: str) -> Refused:
    return Refused(
        "The ids {first} to {last} are meant for Notebench's accounts, but {who} uses some of them.",
        "Choose another range in the setting `account_ids`.",
        code="ids-taken",
        first=first,
        last=last,
        who=who,
    )
