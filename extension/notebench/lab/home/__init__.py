"""A home that is full: the session starts all the same, shows what fills it, and saves nothing by half.

`safe` decides at the start and keeps the session's own writing out of the home; `room` and `measure` say how
full it is, `walk` looks what fills it, `remove` deletes, `saving` writes files whole or not at all.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

WATCH = "notebench_home"
"""The name among the web application's settings."""


def watch_home(server: "ServerApp") -> None:
    """Save files whole or not at all from now on, and be ready for questions about the home."""
    from notebench.lab.home.saving import save_whole
    from notebench.lab.home.watch import Watch

    save_whole(server.contents_manager)
    server.web_app.settings[WATCH] = Watch.of_session()
