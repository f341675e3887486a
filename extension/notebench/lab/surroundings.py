"""Where this Jupyter server is: what Notebench told it in the environment when it was started."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from notebench.contract.errors import Unavailable
from notebench.contract.people import PERSONAL
from notebench.contract.sessions import SessionHere
from notebench.layer import VARIABLE as LAYER
from notebench.layer import added_packages


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


def session_here(environ: Mapping[str, str] = os.environ) -> SessionHere:
    """What the status bar shows, the environment layer's packages included. Raises Unavailable outside."""
    surroundings(environ)
    say = environ.get
    return SessionHere(
        user=say("NOTEBENCH_USER", ""),
        session=say("NOTEBENCH_SESSION_ID", ""),
        acting_for=say("NOTEBENCH_ACTING_FOR", PERSONAL),
        image=say("NOTEBENCH_IMAGE", ""),
        image_title=say("NOTEBENCH_IMAGE_TITLE", ""),
        version=say("NOTEBENCH_IMAGE_VERSION", ""),
        profile=say("NOTEBENCH_PROFILE", ""),
        layer=say(LAYER, ""),
        added=added_packages(say(LAYER)) if say(LAYER) else [],
        hub_url=say("NOTEBENCH_PUBLIC_URL", ""),
    )
