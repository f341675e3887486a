"""The same story once more, where the chart itself is installed: nothing of it runs beside the cluster."""

import pytest

from tests.journey.conftest import browser
from tests.journey.test_journey import people
from tests.journey.test_journey import test_from_first_sign_in_to_a_scheduled_run as test_the_same_story
from tests.kube.release import Release, why_not

__all__ = ["browser", "people", "test_the_same_story"]


@pytest.fixture(scope="module")
def installation() -> Release:
    if reason := why_not():
        pytest.skip(reason)
    return Release()


def test_all_of_it_was_pods(installation: Release) -> None:
    for kind, what in (("jobs", "run"), ("deployments", "model-server"), ("pods", "run")):
        mine = [one for one in installation.labels(kind) if one.get("notebench/user") == "ada"]
        assert [one for one in mine if one["notebench/kind"] == what]
