"""What counts for the whole run: what it left behind shows no secret."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import lanes, leaks
from tests.postgres import both
from tests.postgres.server import Postgres, running


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> lanes.Lanes:
    return lanes.Lanes(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = lanes.in_order(items)


@pytest.fixture(scope="session", autouse=True)
def nothing_leaks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Made first, so it looks last, when everything has ended: temporary folders, and what was printed."""
    yield
    found = leaks.left([tmp_path_factory.getbasetemp(), *leaks.watched])
    found += [f"printed by {where}: {name}" for where, name in _printed()]
    assert not found, "secrets where they do not belong:\n" + "\n".join(sorted(found))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL server for all tests of a worker; each makes its own databases on it."""
    with running() as server:
        yield server


@pytest.fixture(params=both.KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[both.Database]:
    """An empty database for the store, of each kind."""
    with both.made(request.param, tmp_path, request) as found:
        yield found


_reports: list[tuple[str, bytes]] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep what a test printed or failed with, until all secrets are known."""
    text = "\n".join([report.longreprtext, *(words for _, words in report.sections)])
    if text.strip():
        _reports.append((report.nodeid, text.encode(errors="replace")))


def _printed() -> Iterator[tuple[str, str]]:
    for where, text in _reports:
        for name in leaks.secrets_in(text):
            yield where, name
