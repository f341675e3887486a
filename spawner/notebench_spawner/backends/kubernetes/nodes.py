"""Reads the nodes of a cluster: a right that holds in the whole of it, and that not everybody gives."""

from notebench.contract.errors import Unavailable

from notebench_spawner.backends.kubernetes.asking import Asker
from notebench_spawner.pods.pod import Manifest


class NodeList:
    """All nodes, page by page as the API gives them."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    async def nodes(self) -> list[Manifest]:
        """Raises Unavailable where they are not said."""
        answer = await self._asker.get("/api/v1/nodes")
        if not answer.good:
            raise Unavailable(
                "The cluster does not say which nodes it has ({reason}).",
                "Give the service the right to list nodes, or set `kubernetes.see_nodes` to false.",
                code="nodes-unknown",
                reason=answer.said,
            )
        return list(answer.body["items"])
