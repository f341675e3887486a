"""How a part reaches the cluster's API: as the pod that it is, or with a kubeconfig."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kubernetes_asyncio import client, config
from notebench.contract.errors import Unavailable


def connection(kubeconfig: Path | None = None) -> Callable[[], client.ApiClient]:
    """What makes a connection, in the event loop that uses it. Raises Unavailable where nothing says how.

    `kubeconfig` is the file to go by; else it is a pod's own account, else what KUBECONFIG names.
    """
    found = client.Configuration()
    if kubeconfig:
        _with_kubeconfig(found, str(kubeconfig))
        return lambda: client.ApiClient(found)
    try:
        config.load_incluster_config(client_configuration=found)
    except config.ConfigException:
        _with_kubeconfig(found)
    return lambda: client.ApiClient(found)


def _with_kubeconfig(found: client.Configuration, file: str | None = None) -> None:
    """In a thread of its own: the client reads it in an event loop, and here may be one already."""
    try:
        with ThreadPoolExecutor(1) as pool:
            reading = config.load_kube_config(file, client_configuration=found)
            pool.submit(asyncio.run, reading).result()
    except (config.ConfigException, OSError) as error:
        raise Unavailable(
            "Nothing says how to reach the cluster ({reason}).",
            "Run it in a pod with a service account, or set KUBECONFIG.",
            code="cluster-unknown",
            reason=str(error),
        ) from error
