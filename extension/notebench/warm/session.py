"""A session's Jupyter server, up to the moment when it needs to know whose it is."""

import os
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from notebench.lab import session
from notebench.lab.home.safe import is_full
from notebench.warm.handed import Handed

_LATER = (
    # What the server's own extensions import when they are loaded into it.
    "jupyter_server.services.shutdown",
    "jupyter_server.view.handlers",
    "jupyter_server.files.handlers",
    "jupyter_server_terminals.app",
    "notebench.lab.routes",
    "notebook_shim.nbserver",
    "jupyter_core.migrate",
    "asyncio.runners",
    "tornado.httpserver",
)


class Session:
    """`python -P -m notebench.lab.session`, with everything imported."""

    command: tuple[str, ...] = ("-P", "-m", session.__name__)

    def __init__(self) -> None:
        self.server = session.single_user()
        session.lighten()
        served = import_module("jupyter_server.serverapp").JUPYTER_SERVICE_HANDLERS
        for name in [*(one for some in served.values() for one in some or ()), *_LATER]:
            with suppress(ImportError):  # other releases have other parts, and import them when they are due
                import_module(name)

    def run(self, handed: Handed) -> int:
        """Serve until told to stop."""
        if is_full(
            Path(handed.env.get("HOME", "/"))
        ):  # Jupyter then has other places, from when it is loaded
            os.execve(handed.argv[0], handed.argv, handed.env)  # noqa: S606 - no shell
        sys.argv[:] = [session.__file__, *handed.argv[1 + len(self.command) :]]
        session.serve(self.server, handed.env)
        return 0
