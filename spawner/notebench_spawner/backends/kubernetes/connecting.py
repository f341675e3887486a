"""How a part reaches the cluster's API, as the pod that it is or with a kubeconfig; and how an admin does."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from kubernetes_asyncio import client, config
from notebench.contract.errors import Unavailable

from notebench_spawner.pods.waiting import one_line

Connect = Callable[[], client.ApiClient]


@dataclass(frozen=True)
class Way:
    """What a kubeconfig says: how to connect, where to, and in which namespace of it."""

    connect: Connect
    address: str
    namespace: str


class Connected:
    """What asks a cluster, over a connection that is opened with the first question."""

    def __init__(self, connect: Connect) -> None:
        """`connect` is called in the event loop."""
        self._connect = connect

    @cached_property
    def _connection(self) -> client.ApiClient:
        return self._connect()

    async def close(self) -> None:
        """Let the connections go; the next question opens new ones."""
        if opened := self.__dict__.pop("_connection", None):
            await opened.close()


def connection(kubeconfig: Path | None = None) -> Connect:
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


def way(kubeconfig: Path | None = None, context: str = "") -> Way:
    """As kubectl goes: the file, else what KUBECONFIG names, else the usual one. Raises Unavailable."""
    found = client.Configuration()
    logging.getLogger("kubernetes_asyncio").setLevel(logging.ERROR)  # what it warns of is said below
    try:
        if kubeconfig:
            kubeconfig.stat()
        chosen = _read(found, str(kubeconfig) if kubeconfig else None, context or None)
        namespace = dict(chosen["context"]).get("namespace") or "default"
    except Exception as error:  # people write these files: there is no end to what is wrong with them
        said = one_line(str(error)) or type(error).__name__
        raise Unavailable(
            "No kubeconfig leads to a cluster ({reason}).",
            "Name one with `--kubeconfig FILE`, another of its contexts with `--context`, or set KUBECONFIG.",
            code="cluster-unknown",
            reason=said,
        ) from error
    return Way(lambda: client.ApiClient(found), found.host, str(namespace))


def _with_kubeconfig(found: client.Configuration, file: str | None = None) -> None:
    try:
        _read(found, file)
    except (config.ConfigException, OSError) as error:
        raise Unavailable(
            "Nothing says how to reach the cluster ({reason}).",
            "Run it in a pod with a service account, or set KUBECONFIG.",
            code="cluster-unknown",
            reason=str(error),
        ) from error


def _read(found: client.Configuration, file: str | None = None, context: str | None = None) -> Any:
    """The context that counts. In a thread of its own: the client reads it in an event loop, and here may be
    one already."""
    with ThreadPoolExecutor(1) as pool:
        reading = config.load_kube_config(file, context, client_configuration=found)
        return pool.submit(asyncio.run, reading).result().current_context
