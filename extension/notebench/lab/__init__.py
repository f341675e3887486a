"""What the Jupyter server of a session adds: a relay to the Notebench service, kept outputs, local questions.

No business rules live here. The browser talks to the Jupyter server it is signed in to; this package adds
the session's token on the way to the service, so that the token never reaches the browser.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "notebench.lab"}]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "../labextension", "dest": "notebench"}]


def _load_jupyter_server_extension(server: "ServerApp") -> None:
    from notebench.header_log import hide_headers
    from notebench.lab.home import watch_home
    from notebench.lab.outputs import keep_outputs
    from notebench.lab.routes import add_routes
    from notebench.lab.trust import end_websockets_in_time

    hide_headers()
    end_websockets_in_time(server)
    keep_outputs(server)
    watch_home(server)
    add_routes(server)
