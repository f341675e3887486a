"""Where the service is and who asks: from the environment, or the installation on this machine.

Looked up in this order:

1. `NOTEBENCH_URL` (the address people open) with `NOTEBENCH_TOKEN` (a hub token);
2. `NOTEBENCH_API_URL` with `NOTEBENCH_TOKEN`, which every session, run and model server has;
3. entry points of the group `notebench.local`, each a callable without arguments that returns
   `(url, token)` of the installation on this machine, or None where there is none.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points

from notebench.contract import API_PREFIX, SERVICE_PREFIX
from notebench.contract.errors import Unavailable

LOCAL_GROUP = "notebench.local"


@dataclass(frozen=True)
class Address:
    """One service and one asker."""

    api: str
    """Where the API's routes begin, without a slash at the end."""
    token: str
    hub: str = ""
    """The hub's base with a slash at the end; empty where only the service is known."""

    @property
    def service(self) -> str:
        """Where the service's pages and endpoints begin, with a slash at the end."""
        return self.api.removesuffix("api/v1")


def public_address(url: str, token: str) -> Address:
    """The address from what people open, with or without the service's own path."""
    base = url.rstrip("/").removesuffix(SERVICE_PREFIX.rstrip("/")) + "/"
    return Address(base.rstrip("/") + API_PREFIX, token, base)


def find_address(environ: Mapping[str, str] = os.environ) -> Address:
    """The service to talk to. Raises Unavailable where none is known."""
    token = environ.get("NOTEBENCH_TOKEN", "")
    if url := environ.get("NOTEBENCH_URL"):
        return public_address(url, token)
    if api := environ.get("NOTEBENCH_API_URL"):
        public = environ.get("NOTEBENCH_PUBLIC_URL", "")
        return Address(api.rstrip("/"), token, public_address(public, "").hub if public else "")
    for point in entry_points(group=LOCAL_GROUP):
        if found := point.load()():
            return public_address(*found)
    raise Unavailable(
        "It is not known where Notebench is.",
        "Set NOTEBENCH_URL and NOTEBENCH_TOKEN, or start it here with: ./notebench up",
        code="address-unknown",
    )
