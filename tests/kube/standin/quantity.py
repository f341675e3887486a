"""Kubernetes' quantities (`500m`, `2Gi`) as exact numbers and back."""

from decimal import Decimal

_UNITS = {unit: Decimal(10) ** (3 * power) for power, unit in enumerate("num", -3)}
_UNITS |= {unit: Decimal(1000) ** power for power, unit in enumerate(["", "k", "M", "G", "T", "P", "E"])}
_UNITS |= {f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGTPE", 1)}


def parse(text: str | int | float) -> Decimal:
    """The number that a quantity means."""
    word = str(text)
    digits = word.rstrip("numkMGTPEi")
    if digits and word[len(digits) :] in _UNITS:
        return Decimal(digits) * _UNITS[word[len(digits) :]]
    return Decimal(word)  # 1e3, 12E6


def binary(text: str | int | float) -> bool:
    """Whether it is written in powers of two; a sum is written as its first part is."""
    return str(text).endswith("i")


def canonical(number: Decimal, *, in_binary: bool = False) -> str:
    """As Kubernetes writes it: the largest unit that leaves a whole number."""
    if number == 0:
        return "0"
    if in_binary and number % 1024 == 0:
        for unit in ("Ei", "Pi", "Ti", "Gi", "Mi", "Ki"):
            if number % _UNITS[unit] == 0:
                return f"{int(number / _UNITS[unit])}{unit}"
    for unit in ("E", "P", "T", "G", "M", "k", "", "m", "u"):
        if (number / _UNITS[unit]) % 1 == 0:
            return f"{int(number / _UNITS[unit])}{unit}"
    return f"{int(number / _UNITS['n'])}n"
