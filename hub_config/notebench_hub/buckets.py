"""Counts what somebody did too often: a bucket of tokens per key, in bounded memory."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable

REMEMBERED = 10_000
"""Keys per `Buckets`; the one that was quiet for longest is forgotten first."""


class Buckets:
    """Each key may do a thing `capacity` times at once, and then once per `seconds`."""

    def __init__(
        self,
        capacity: int,
        seconds: float,
        *,
        remembered: int = REMEMBERED,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._capacity = capacity
        self._seconds = seconds
        self._remembered = remembered
        self._clock = clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._levels)

    def wait(self, key: str) -> int:
        """Whole seconds until the key may do it again; 0 where it may now."""
        return max(0, math.ceil((1 - self._level(key)) * self._seconds))

    def take(self, key: str) -> None:
        """The key did it once more."""
        self._levels[key] = (max(0.0, self._level(key) - 1), self._clock())
        self._levels.move_to_end(key)
        while len(self._levels) > self._remembered:
            self._levels.popitem(last=False)

    def fill(self, key: str) -> None:
        """Forget what the key did."""
        self._levels.pop(key, None)

    def _level(self, key: str) -> float:
        level, then = self._levels.get(key, (float(self._capacity), 0.0))
        return min(self._capacity, level + (self._clock() - then) / self._seconds)
