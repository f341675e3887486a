"""Starts take turns on one machine: a few at a time are soon there, all at once are late together."""

import asyncio
import os
from collections import deque
from collections.abc import Callable
from typing import Self

LONGEST = 30.0
"""Seconds after which a start that still goes on keeps nobody waiting any more."""


def usual() -> int:
    """How many starts go on at once where nothing is set: each keeps a core busy, and waits a little."""
    return 2 * max(2, os.cpu_count() or 1)


class Turn:
    """Leave to start, until it is given back or has lasted too long."""

    def __init__(self, give_back: Callable[[], None], longest: float) -> None:
        self._give_back = give_back
        self._over = False
        self._timer = asyncio.get_running_loop().call_later(longest, self.end)

    def end(self) -> None:
        """Let the next one start. Harmless when it was done before."""
        self._timer.cancel()
        if not self._over:
            self._over = True
            self._give_back()


class Turns:
    """Who may start now, and who waits, first come first served."""

    def __init__(self, most: int, longest: float = LONGEST) -> None:
        """`most` starts at once; each holds its turn for at most `longest` seconds."""
        self._free = most
        self._longest = longest
        self._waiting: deque[tuple[asyncio.Future[None], Callable[[int], None]]] = deque()

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """Itself: each spawner gets a copy of what is configured, and these are for all of them."""
        return self

    async def take(self, tell: Callable[[int], None]) -> Turn:
        """Wait for a turn; `tell` hears how many come before, whenever that changes."""
        if self._free and not self._waiting:
            self._free -= 1
            return Turn(self._give_back, self._longest)
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((place, tell))
        tell(len(self._waiting) - 1)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():  # it was given a turn, and is not there to use it
                self._give_back()
            raise
        return Turn(self._give_back, self._longest)

    def _give_back(self) -> None:
        self._free += 1
        while self._waiting and self._free:
            place, _ = self._waiting.popleft()
            if not place.done():
                self._free -= 1
                place.set_result(None)
        for ahead, (_, tell) in enumerate(self._waiting):
            tell(ahead)
