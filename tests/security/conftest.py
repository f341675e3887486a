"""One city for the package: every part is the real one, and who changes it puts it back."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.security.city import City
from tests.security.walk import Askers


@pytest.fixture(scope="package")
def city() -> Iterator[City]:
    with tempfile.TemporaryDirectory(prefix="nbc") as root:
        opened = City(Path(root))
        try:
            opened.open()
            opened.askers = Askers(opened)
            yield opened
        finally:
            opened.close()
