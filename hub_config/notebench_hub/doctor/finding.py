"""What a check found: a verdict, what it means, and what to do."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How it is. What is not known is never called good."""

    ok = "ok"
    warning = "warning"
    fault = "fault"
    unknown = "not-known"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. Texts are sentences in the reader's language."""

    check: str
    """The subject, a word that stays: `storage`, `devices`."""
    verdict: Verdict
    what: str
    next_step: str = ""
    proposal: str = ""
    """Lines for a file, such as hardware profiles in YAML."""


def listed(words: Iterable[object], most: int = 8) -> str:
    """Some words in one sentence, and how many more there are."""
    found = [str(word) for word in words]
    return ", ".join(found[:most]) + (f" … (+{len(found) - most})" if len(found) > most else "")
