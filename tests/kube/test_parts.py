"""Small parts of the stand-in on their own."""

import time
from functools import partial
from pathlib import Path

import pytest

from tests.kube.standin import addresses, environment, quantity, writing
from tests.kube.standin.cluster import Cluster
from tests.kube.standin.kinds import DEPLOYMENTS, JOBS, QUOTAS
from tests.kube.standin.mounts import Mounts


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("500m", "0.5"),
        ("2", "2"),
        ("1Gi", "1073741824"),
        ("1G", "1000000000"),
        ("1e3", "1000"),
        ("100Mi", "104857600"),
    ],
)
def test_quantities(text: str, number: str) -> None:
    assert quantity.parse(text) == quantity.parse(number)


@pytest.mark.parametrize(
    ("text", "binary", "canonical"),
    [
        ("1500m", False, "1500m"),
        ("2000m", False, "2"),
        ("1024Mi", True, "1Gi"),
        ("1536Mi", True, "1536Mi"),
        ("0", True, "0"),
    ],
)
def test_quantities_are_written_in_one_way(text: str, binary: bool, canonical: str) -> None:
    assert quantity.canonical(quantity.parse(text), in_binary=binary) == canonical


def test_variables_are_put_in_as_kubernetes_does() -> None:
    assert environment.expand("$(A)/$(B)/$$(A)/$A", {"A": "1"}) == "1/$(B)/$(A)/$A"


def test_two_clusters_do_not_share_a_network() -> None:
    (one, first), (two, second) = addresses.own_network(), addresses.own_network()
    first.close()
    second.close()
    assert one != two


def test_only_whole_paths_are_replaced() -> None:
    mounts = Mounts((("/home/jovyan/data", Path("/v/data")), ("/home/jovyan", Path("/v/home"))), "127.1.2.3")
    given = (
        "--dir=/home/jovyan/x /home/jovyan/data/y /srv/home/jovyan /home/jovyan2 http://0.0.0.0:8888 10.0.0.0"
    )
    assert (
        mounts.here(given)
        == "--dir=/v/home/x /v/data/y /srv/home/jovyan /home/jovyan2 http://127.1.2.3:8888 10.0.0.0"
    )


def test_a_controller_that_fails_fails_the_test(tmp_path: Path) -> None:
    def fails() -> None:
        raise ValueError("no such wheel")

    broken = Cluster(tmp_path).start()
    broken.call(lambda: broken.control.turn(fails))
    with pytest.raises(AssertionError, match="no such wheel"):
        broken.stop()


def test_a_cluster_at_rest_writes_nothing(tmp_path: Path) -> None:
    """Controllers that write what is there already would turn each other's wheels for ever."""
    with Cluster(tmp_path) as cluster:
        cluster.namespace("people")
        labels = {"app": "a"}
        spec = {"containers": [{"name": "a", "image": "none"}]}
        template = {"metadata": {"labels": labels}, "spec": spec}
        wanted = {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}
        job = {"backoffLimit": 0, "suspend": True, "template": {"spec": spec | {"restartPolicy": "Never"}}}
        quota = {"hard": {"pods": "2"}}
        for kind, body in ((DEPLOYMENTS, wanted), (JOBS, job), (QUOTAS, quota)):
            thing = {"metadata": {"name": "a"}, "spec": body}
            cluster.call(partial(writing.create, cluster.store, kind, "people", thing))
        time.sleep(0.5)
        before = cluster.store.revision
        time.sleep(0.5)
        assert cluster.store.revision == before
