import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from .workbench import Workbench, workbench


@pytest.fixture(scope="module")
def bench() -> Iterator[Workbench]:
    with tempfile.TemporaryDirectory(prefix="nbh") as root, workbench(Path(root)) as opened:
        yield opened


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """The hub's last words belong to a failure."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    opened = getattr(item, "funcargs", {}).get("bench")
    if report.failed and isinstance(opened, Workbench):
        report.sections.append(("hub.log", opened.log()))
