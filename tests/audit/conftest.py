"""A town whose audit is read."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.service.conftest import town as town_fixture
from tests.service.town import Town

town = town_fixture

Entry = dict[str, Any]


class Audit:
    """The audit as an admin reads it."""

    def __init__(self, town: Town) -> None:
        self.town = town

    def find(self, reader: str = "admin", /, **wanted: str) -> list[Entry]:
        """Entries, newest first, as `reader` reads them."""
        answer = self.town.program(reader).get("audit", params={"limit": "500", **wanted})
        answer.raise_for_status()
        entries: list[Entry] = answer.json()["entries"]
        return entries

    def wait(self, seconds: float = 15, *, least: int = 1, **wanted: str) -> Entry:
        """The newest such entry, as soon as there are so many: the hub's arrive a moment later."""
        until = time.monotonic() + seconds
        while len(found := self.find(**wanted)) < least:
            assert time.monotonic() < until, f"{wanted}: {found}"
            time.sleep(0.2)
        return found[0]


@pytest.fixture
def audit(town: Town) -> Audit:
    return Audit(town)


@pytest.fixture
def after(audit: Audit) -> Callable[..., Entry]:
    """The newest entry of an action that was not there before the test."""
    newest = max((one["number"] for one in audit.find()), default=0)

    def wait(**wanted: str) -> Entry:
        until = time.monotonic() + 15
        while True:
            for one in audit.find(**wanted):
                if one["number"] > newest:
                    return one
            assert time.monotonic() < until, f"{wanted}: {audit.find(**wanted)[:3]}"
            time.sleep(0.2)

    return wait
