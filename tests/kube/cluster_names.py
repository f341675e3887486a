"""`python -m tests.kube.cluster_names MODULE`: run a module that finds Services by their names.

A cluster's name server does that for pods; what runs on this machine asks the API instead.
"""

import os
import re
import runpy
import socket
import sys
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from tests.kube import kubeconfig

_SERVICE = re.compile(r"([a-z0-9-]+)\.([a-z0-9-]+)\.svc(\.cluster\.local)?\.?")
_getaddrinfo = socket.getaddrinfo
_known: dict[str, str] = {}


def look_up(host: Any, *rest: Any, **more: Any) -> Any:
    """As the system's own, with the address of the Service where that is what is asked for."""
    name = host.decode() if isinstance(host, bytes) else host
    found = _SERVICE.fullmatch(name) if isinstance(name, str) else None
    return _getaddrinfo(_address(found[1], found[2]) if found else host, *rest, **more)


def _address(name: str, namespace: str) -> str:
    place = f"/api/v1/namespaces/{namespace}/services/{name}"
    try:
        answer = _api().get(place)
        if answer.is_success:
            _known[place] = str(answer.json()["spec"]["clusterIP"])
        else:
            _known.pop(place, None)
    except httpx.HTTPError:
        pass  # the API is away: a name server goes on with what it knows
    if place not in _known:
        raise socket.gaierror(socket.EAI_NONAME, f"there is no Service {name} in {namespace}")
    return _known[place]


@cache
def _api() -> httpx.Client:
    return kubeconfig.client(Path(os.environ["KUBECONFIG"]))


if __name__ == "__main__":
    socket.getaddrinfo = look_up
    _, module, *words = sys.argv
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__")
