"""How many requests the generated tests have made."""

from collections import Counter

LEAST = 10_000
"""So many at least, when all of them run."""

made: Counter[str] = Counter()
