"""Numbers as Kubernetes writes them: `3920m`, `16Gi`, `4`."""

import re
from decimal import Decimal

_NUMBER = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE]([+-]?[0-9]{1,2}))?([a-zA-Z]{0,2})")
_FACTORS = {
    "": Decimal(1), "n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"),
    "k": Decimal(10**3), "M": Decimal(10**6), "G": Decimal(10**9), "T": Decimal(10**12),
    "P": Decimal(10**15), "E": Decimal(10**18),
    "Ki": Decimal(2**10), "Mi": Decimal(2**20), "Gi": Decimal(2**30), "Ti": Decimal(2**40),
    "Pi": Decimal(2**50), "Ei": Decimal(2**60),
}  # fmt: skip


def number(said: object) -> float:
    """The number, or 0 for what is none."""
    found = _NUMBER.fullmatch(str(said).strip())
    if not found or found[3] not in _FACTORS:
        return 0.0
    return float(Decimal(found[1]) * Decimal(10) ** int(found[2] or 0) * _FACTORS[found[3]])


def size(mebibytes: int) -> str:
    """A size as the catalogue writes it, in whole gibibytes where it is one."""
    return f"{mebibytes // 1024}Gi" if mebibytes >= 1024 and mebibytes % 1024 == 0 else f"{mebibytes}Mi"
