"""One city for a module: every part is the real one."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.security.city import City
from tests.security.walk import Askers


@pytest.fixture(scope="module")
def city() -> Iterator[City]:
    with tempfile.TemporaryDirectory(prefix="nbc") as root:
        opened = City(Path(root))
        try:
            opened.open()
            opened.askers = Askers(opened)
            yield opened
        finally:
            opened.close()
