"""What is said of hardware profiles where the service may look at nodes, and where it may not."""

from pathlib import Path

from notebench_hub.service.catalogue.nodes import Nodes
from notebench_spawner.backends.kubernetes.asking import Asker
from notebench_spawner.backends.kubernetes.connecting import connection
from notebench_spawner.backends.kubernetes.nodes import NodeList
from notebench_spawner.catalogue.model import Profile
from notebench_spawner.pods import rights
from notebench_spawner.pods.settings import Pods

from tests.kube.conftest import SPACE
from tests.kube.standin.cluster import Cluster
from tests.kube.standin.nodes import NodeSpec

TOKEN = "token-of-the-service"
SMALL = Profile.model_validate(
    {"id": "small", "title": "Small", "description": "One core.", "cpu": 1, "memory": "1Gi"}
)
HUGE = SMALL.model_copy(update={"cpu": 1000.0})
GPU = SMALL.model_copy(update={"resources": {"nvidia.com/gpu": 1}})


def said(nodes: Nodes) -> list[str]:
    return [nodes.say(one, str) for one in (SMALL, HUGE, GPU)]


async def test_what_is_known_of_nodes_is_said(tmp_path: Path) -> None:
    machines = [NodeSpec("node-a"), NodeSpec("gpu", resources={"nvidia.com/gpu": "1"})]
    with Cluster(tmp_path / "cluster", machines) as cluster:
        cluster.namespace(SPACE)
        user = cluster.account(TOKEN, SPACE, "service", rights.rules(rights.SERVICE))
        asker = Asker(connection(cluster.kubeconfig(tmp_path / "kubeconfig", TOKEN)))
        nodes, look = Nodes(Pods(), NodeList(asker)), NodeList(asker)
        try:
            assert said(nodes) == ["", "", "free devices are not known"]
            await nodes.once(look)  # without the right
            assert said(nodes) == ["", "", "free devices are not known"]
            cluster.access.bind(user, rights.rules(rights.NODES), None)
            await nodes.once(look)
            assert said(nodes) == ["", "no node could take it now", "nodes that could take it: 1"]
            cluster.close()
            await nodes.once(look)
            assert said(nodes) == ["", "", "free devices are not known"]
        finally:
            await asker.close()


async def test_on_one_machine_nothing_is_said() -> None:
    assert said(Nodes(Pods(), None))[:2] == ["", ""]
