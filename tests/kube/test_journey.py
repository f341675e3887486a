"""The same story on a cluster: what differs is the installation, and here all its workloads are pods."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journey.conftest import browser
from tests.journey.test_journey import people
from tests.journey.test_journey import test_from_first_sign_in_to_a_scheduled_run as test_the_same_story
from tests.kube.installation import SPACE, ClusterInstallation
from tests.kube.standin.cluster import Cluster
from tests.kube.standin.kinds import DEPLOYMENTS, JOBS, PODS

__all__ = ["browser", "people", "test_the_same_story"]


@pytest.fixture(scope="module")
def installation() -> Iterator[ClusterInstallation]:
    """Notebench on a cluster whose pods are processes here. Not below /tmp: that is a volume of the pods."""
    folder = Path(tempfile.mkdtemp(prefix="nbk-", dir="/var/tmp"))
    with Cluster(folder / "c") as cluster:
        started = ClusterInstallation(folder / "state", cluster)
        try:
            started.up()
            yield started
        finally:
            started.purge()
    shutil.rmtree(folder, ignore_errors=True)


def test_all_of_it_was_pods(installation: ClusterInstallation) -> None:
    """What the story started is in the cluster, and not among the processes of one machine."""
    cluster = installation.cluster
    assert list(installation.place.workloads.iterdir()) == []
    jobs = [job["metadata"]["name"] for job in cluster.all(JOBS, SPACE)]
    assert jobs
    assert all(name.startswith("run-") for name in jobs)
    assert len(cluster.all(DEPLOYMENTS, SPACE)) == 1
    kinds = {pod["metadata"]["labels"]["notebench/kind"] for pod in cluster.all(PODS, SPACE)}
    assert {"run", "model-server"} <= kinds
