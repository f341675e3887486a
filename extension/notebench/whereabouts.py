"""Where this process runs: what Notebench told it in the environment when it was started."""

import os
from collections.abc import Mapping

from notebench.contract.people import PERSONAL
from notebench.contract.sessions import SessionHere
from notebench.layer import VARIABLE, added_packages


def session_here(environ: Mapping[str, str] = os.environ) -> SessionHere:
    """User, what it acts for, image, profile and added packages; empty words outside of Notebench."""
    say = environ.get
    layer = say(VARIABLE, "")
    return SessionHere(
        user=say("NOTEBENCH_USER", ""),
        session=say("NOTEBENCH_SESSION_ID", ""),
        acting_for=say("NOTEBENCH_ACTING_FOR", PERSONAL),
        image=say("NOTEBENCH_IMAGE", ""),
        image_title=say("NOTEBENCH_IMAGE_TITLE", ""),
        version=say("NOTEBENCH_IMAGE_VERSION", ""),
        profile=say("NOTEBENCH_PROFILE", ""),
        layer=layer,
        added=added_packages(layer) if layer else [],
        hub_url=say("NOTEBENCH_PUBLIC_URL", ""),
    )
