"""Whom to count a request for: the address it came from, as far as that can be known.

People come through our own proxy, which adds the address that it saw to `X-Forwarded-For`. Anybody may
write such a header, so it counts only where the connection is our own account's; processes of other
accounts of this machine that connect to a part directly are told apart by the account.
"""

import os
from collections.abc import Collection
from ipaddress import IPv6Address, ip_address
from pathlib import Path

_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_UID = 7
"""Which column of the kernel's tables of connections is the account."""


def caller(peer: tuple[str, int], forwarded: str, trusted: Collection[str] = ()) -> str:
    """A word for who connected: an address, a network of IPv6, or an account of this machine.

    `peer` is the other end of the connection, `forwarded` the header, `trusted` the addresses of the
    installation's own proxies in front of ours.
    """
    address, _port = peer
    if not _loopback(address):
        return network(address)
    account = account_of(peer)
    if account != os.geteuid():
        return f"account {account}"
    for one in reversed([part.strip() for part in forwarded.split(",") if part.strip()]):
        if one not in trusted:
            return network(one)
    return network(address)


def network(address: str) -> str:
    """The address, or for IPv6 its /64: whoever has one address there has all of them."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return f"{IPv6Address(int(found) >> 64 << 64)}/64"
    return str(found)


def account_of(end: tuple[str, int]) -> int | None:
    """The account whose process holds this end of a connection on this machine; None where unknown."""
    words = {f"{address}:{end[1]:04X}" for address in _as_the_kernel_writes(end[0])}
    for table in _TABLES:
        try:
            lines = table.read_text().splitlines()[1:]
        except OSError:
            continue
        for columns in map(str.split, lines):
            if columns[1] in words:
                return int(columns[_UID])
    return None


def _as_the_kernel_writes(address: str) -> list[str]:
    """An address as words of four bytes, each the other way round; an IPv4 one also inside IPv6."""
    packed = ip_address(address).packed
    forms = [packed] if len(packed) == 16 else [packed, bytes(10) + b"\xff\xff" + packed]
    return ["".join(form[i : i + 4][::-1].hex().upper() for i in range(0, len(form), 4)) for form in forms]


def _loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
