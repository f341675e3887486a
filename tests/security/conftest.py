"""One city for the package: every part is the real one, and who changes it puts it back."""

from collections.abc import Iterator

import pytest

from tests.security.city import City
from tests.security.walk import open_city


@pytest.fixture(scope="package")
def city() -> Iterator[City]:
    with open_city() as opened:
        yield opened
