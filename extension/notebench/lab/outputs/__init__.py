"""Keeps what cells print, so that a fresh tab shows all of it: also what came while no browser listened.

JupyterLab puts outputs into the notebook in the browser; what a kernel prints while no tab is open is gone
with plain Jupyter. Here the Jupyter server itself listens to every kernel of the session and remembers the
newest execution of each cell; `src/lab/outputs.ts` puts it into the notebook when it is opened.

Looked at and not taken: jupyter-collaboration with jupyter-server-nbmodel. It moves every notebook into a
shared document, brings the package that halves every start's speed, and interactive widgets do not work yet.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

KEEPER = "notebench_outputs"
"""The name among the web application's settings."""


def keep_outputs(server: "ServerApp") -> None:
    """Listen to every kernel that this server starts from now on."""
    from notebench.lab.outputs.connection import listening
    from notebench.lab.outputs.keeper import Keeper

    settings = server.web_app.settings
    settings[KEEPER] = keeper = Keeper(server.kernel_manager)
    connection = settings["kernel_websocket_connection_class"]
    settings["kernel_websocket_connection_class"] = listening(connection, keeper)
    server.event_logger.add_listener(
        schema_id="https://events.jupyter.org/jupyter_server/kernel_actions/v1", listener=keeper.acted
    )
