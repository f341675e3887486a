"""Several ways to the same answer, asked in turns: what one takes beside the other in one run."""

import os
import random
import time
from collections.abc import Callable, Mapping

from benchmarks.tally import percentile


def in_turns(ways: Mapping[str, Callable[[], object]], times: int, warm: int = 5) -> dict[str, list[float]]:
    """Sorted seconds of each way; their order is another at every turn, so that nobody is always second."""
    dice, took = random.Random(1), dict[str, list[float]]((name, []) for name in ways)
    names = list(ways)
    for turn in range(-warm, times):
        dice.shuffle(names)
        for name in names:
            begun = time.perf_counter()
            ways[name]()
            if turn >= 0:
                took[name].append(time.perf_counter() - begun)
    return {name: sorted(values) for name, values in took.items()}


def tell(title: str, took: Mapping[str, list[float]], ours: str, peer: str, aim: float) -> bool:
    """Print medians and the ratio of medians; whether the aim is met."""
    for name, values in took.items():
        middle, slowest = (percentile(values, share) * 1000 for share in (50, 99))
        print(f"  {name:24} p50 {middle:7.2f}   p99 {slowest:7.2f} ms")
    ratio = percentile(took[ours], 50) / percentile(took[peer], 50)
    met = ratio <= aim
    print(f"{title}: ×{ratio:.2f} (aim ×{aim:.2f}, {'met' if met else 'MISSED'}), {load()}\n", flush=True)
    return met


def load() -> str:
    """The machine's load now: what a figure must be read with."""
    return f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
