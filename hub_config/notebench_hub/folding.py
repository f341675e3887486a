"""Folds what happens again and again: the first time is told, and then how often it happened since."""

import time
from collections import OrderedDict
from collections.abc import Callable

SECONDS = 60.0
_REMEMBERED = 1000


class Folding:
    """By key, in bounded memory. A flood of refusals makes few entries, and none of it goes unsaid."""

    def __init__(self, seconds: float = SECONDS, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._open: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._strangers = 0

    def tell(self, key: str) -> int | None:
        """How often it happened unsaid, now that it is to be told; None where it is to be counted only."""
        moment = self._clock()
        begun, unsaid = self._open.get(key, (-self._seconds, 0))
        if moment - begun < self._seconds:
            self._open[key] = (begun, unsaid + 1)
            return None
        if key not in self._open and len(self._open) >= _REMEMBERED:
            oldest, (since, count) = next(iter(self._open.items()))
            if moment - since < self._seconds:
                # So many different ones within a minute are a flood of their own: told together.
                return None if key == _MANY else self.tell(_MANY)
            self._open.pop(oldest)
            unsaid += count
        self._open[key] = (moment, 0)
        self._open.move_to_end(key)
        return unsaid


_MANY = "\0many"
