"""One town for the package: who changes it puts it back, and looks only at what is its own."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service.town import Town


@pytest.fixture(scope="package")
def town() -> Iterator[Town]:
    with tempfile.TemporaryDirectory(prefix="nbs") as root:
        opened = Town(Path(root))
        try:
            opened.open()
            yield opened
        finally:
            opened.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """The service's last words belong to a failure."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    opened = getattr(item, "funcargs", {}).get("town")
    if report.failed and isinstance(opened, Town):
        for part in ("hub", "service"):
            report.sections.append((part, (opened.place.logs / f"{part}.log").read_text()[-4000:]))
