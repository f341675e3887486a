"""What was asked, how long each answer took, what failed; and the table of it."""

import math
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

_SHOWN = 10
"""How many different failures are printed in full."""


class Failed(Exception):
    """An answer that is not what was asked for."""


class Tally:
    """Times by kind of request, and every failure."""

    def __init__(self) -> None:
        self.times: dict[str, list[float]] = defaultdict(list)
        self.failures: Counter[str] = Counter()
        self.stories: list[str] = []
        self.told_to_wait = 0
        """How often the hub said that it starts enough sessions now and when to come back."""

    @contextmanager
    def timed(self, kind: str) -> Iterator[None]:
        """Time what happens inside; counts whatever goes wrong there, once, and raises Failed for it."""
        begun = time.perf_counter()
        try:
            yield
        except Failed:
            raise  # a part of this was timed too and has counted it
        except Exception as error:
            raise self.failed(kind, error, time.perf_counter() - begun) from error
        self.times[kind].append(time.perf_counter() - begun)

    def failed(self, kind: str, error: Exception, seconds: float) -> Failed:
        """Count a failure."""
        self.failures[kind] += 1
        self.stories.append(f"{kind}, after {seconds:.1f} s: {type(error).__name__} {error}")
        return Failed(self.stories[-1])

    def table(self) -> str:
        """Count and percentiles in milliseconds of every kind, in the order in which they came first."""
        lines = ["| request | count | p50 ms | p95 ms | p99 ms | failures |", "|---|---|---|---|---|---|"]
        for kind in dict.fromkeys([*self.times, *self.failures]):
            times = sorted(self.times.get(kind, []))
            shares = " | ".join(f"{percentile(times, share) * 1000:.0f}" for share in (50, 95, 99))
            lines.append(f"| {kind} | {len(times)} | {shares} | {self.failures[kind]} |")
        return "\n".join(lines)

    def told(self) -> str:
        """The first failures in full."""
        more = len(self.stories) - _SHOWN
        return "\n".join([*self.stories[:_SHOWN], *([f"… and {more} more"] if more > 0 else [])])


def percentile(ordered: list[float], share: float) -> float:
    """The smallest value that `share` percent of the values do not exceed; NaN of nothing."""
    if not ordered:
        return math.nan
    return ordered[max(0, math.ceil(len(ordered) * share / 100) - 1)]
