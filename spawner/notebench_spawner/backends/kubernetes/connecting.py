"""How a part reaches the cluster's API: as the pod that it is, or with a kubeconfig."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from kubernetes_asyncio import client, config
from notebench.contract.errors import Unavailable


def connection() -> Callable[[], client.ApiClient]:
    """What makes a connection, in the event loop that uses it. Raises Unavailable where nothing says how."""
    found = client.Configuration()
    try:
        config.load_incluster_config(client_configuration=found)
    except config.ConfigException:
        _with_kubeconfig(found)
    return lambda: client.ApiClient(found)


def _with_kubeconfig(found: client.Configuration) -> None:
    """In a thread of its own: the client reads it in an event loop, and here may be one already."""
    try:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(lambda: asyncio.run(config.load_kube_config(client_configuration=found))).result()
    except (config.ConfigException, OSError) as error:
        raise Unavailable(
            "Nothing says how to reach the cluster ({reason}).",
            "Run it in a pod with a service account, or set KUBECONFIG.",
            code="cluster-unknown",
            reason=str(error),
        ) from error
