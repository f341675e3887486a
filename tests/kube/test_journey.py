"""The same story on a cluster: what differs is the installation, and here all its workloads are pods."""

from tests.journey.conftest import browser
from tests.journey.test_journey import people
from tests.journey.test_journey import test_from_first_sign_in_to_a_scheduled_run as test_the_same_story
from tests.kube.installation import SPACE, ClusterInstallation
from tests.kube.standin.kinds import DEPLOYMENTS, JOBS, PODS

__all__ = ["browser", "people", "test_the_same_story"]


def test_all_of_it_was_pods(installation: ClusterInstallation) -> None:
    """What the story started is in the cluster, and not among the processes of one machine."""
    cluster = installation.cluster
    assert list(installation.place.workloads.iterdir()) == []
    for kind, what in ((JOBS, "run"), (DEPLOYMENTS, "model-server"), (PODS, "run"), (PODS, "model-server")):
        labels = [one["metadata"]["labels"] for one in cluster.all(kind, SPACE)]
        assert [one for one in labels if one["notebench/user"] == "ada" and one["notebench/kind"] == what]
