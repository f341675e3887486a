"""What the generated tests share: how long they go on, and the city that they ask."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.fuzz.made import LEAST, made
from tests.security.city import City
from tests.security.walk import open_city

ROUNDS = int(os.environ.get("NOTEBENCH_FUZZ_ROUNDS", "1"))
"""How many times longer than in the suite the tests go on. In the suite they ask the same each time."""

SECONDS = 20
"""How long one answer may take: an answer that takes longer hangs."""


def rounds(examples: int, **more: int) -> settings:
    """So many examples, times `ROUNDS`; a longer run asks something new each time."""
    return settings(
        max_examples=examples * ROUNDS,
        deadline=None,
        database=None,
        derandomize=ROUNDS == 1,
        suppress_health_check=list(HealthCheck),
        phases=[phase for phase in Phase if phase is not Phase.explain],  # it takes longer than all others
        **more,
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A longer run has more time."""
    for item in items:
        if "tests/fuzz/" in item.nodeid:
            item.add_marker(pytest.mark.timeout(900 * ROUNDS))


@pytest.fixture(scope="package", autouse=True)
def enough(request: pytest.FixtureRequest) -> Iterator[None]:
    """All of these tests together ask often enough; some of them, or those that fail, need not."""
    yield
    session = request.session
    asked = {item.path for item in session.items} >= set(Path(__file__).parent.glob("test_*.py"))
    some = session.config.option.keyword or any("::" in word for word in session.config.args)
    print(f"{made.total()} requests were made: {dict(made)}")
    if asked and not some and not session.testsfailed:
        assert made.total() >= LEAST, made


@pytest.fixture(scope="package")
def city() -> Iterator[City]:
    with open_city() as opened:
        yield opened
