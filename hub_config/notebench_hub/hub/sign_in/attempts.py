"""Failed sign-ins, counted by name and address together, and by address alone.

A stranger cannot lock a person out, who comes from another address; whoever tries many names from one address
is slowed. Who has signed in from an address before is not slowed there by what others do.
"""

import time
from collections import OrderedDict
from collections.abc import Callable

from notebench_hub.buckets import REMEMBERED, Buckets

TRIES, SECONDS = 10, 60
"""For one name from one address: at once, then one per so many seconds."""

SPRAY, SPRAY_SECONDS = 40, 10
"""For all names from one address."""


class Attempts:
    """Remembers failures in bounded memory; a hub that starts again has forgotten them."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._pairs = Buckets(TRIES, SECONDS, clock=clock)
        self._addresses = Buckets(SPRAY, SPRAY_SECONDS, clock=clock)
        self._welcome: OrderedDict[str, None] = OrderedDict()

    def wait(self, name: str, address: str) -> int:
        """Seconds until this name may be tried from this address again; 0 where it may now."""
        pair = _pair(name, address)
        return max(self._pairs.wait(pair), 0 if pair in self._welcome else self._addresses.wait(address))

    def failed(self, name: str, address: str) -> None:
        """A wrong password, or a name that nobody has."""
        self._pairs.take(_pair(name, address))
        self._addresses.take(address)

    def succeeded(self, name: str, address: str) -> None:
        """The right password."""
        pair = _pair(name, address)
        self._pairs.fill(pair)
        self._welcome[pair] = None
        self._welcome.move_to_end(pair)
        while len(self._welcome) > REMEMBERED:
            self._welcome.popitem(last=False)


def _pair(name: str, address: str) -> str:
    return f"{address} {name}"
