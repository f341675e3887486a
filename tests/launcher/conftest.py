"""One launcher for the tests of a module."""

from collections.abc import Iterator

import pytest

from tests.launcher.world import World, why_not, world


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    """A launcher that tests of one module share: they use people of their own."""
    if reason := why_not():
        pytest.skip(reason)
    with world() as made:
        yield made
