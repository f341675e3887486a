"""Where this Jupyter server is: what Notebench told it in the environment when it was started."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from notebench.contract.errors import Unavailable


@dataclass(frozen=True)
class Surroundings:
    """The service's address and this session's token."""

    api: str
    """Where the API's routes begin, without a slash at the end."""
    token: str

    @property
    def endpoints(self) -> str:
        """Where the model servers' endpoints begin, without a slash at the end."""
        return self.api.removesuffix("/api/v1") + "/endpoints"


def surroundings(environ: Mapping[str, str] = os.environ) -> Surroundings:
    """What the environment says. Raises Unavailable outside of Notebench."""
    api, token = environ.get("NOTEBENCH_API_URL", ""), environ.get("NOTEBENCH_TOKEN", "")
    if not api or not token:
        raise Unavailable(
            "This JupyterLab was not started by Notebench.",
            "Start a session from the hub to see your records here.",
            code="outside-notebench",
        )
    return Surroundings(api=api.rstrip("/"), token=token)
