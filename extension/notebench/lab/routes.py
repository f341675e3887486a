"""The routes of the Jupyter server extension."""

from typing import TYPE_CHECKING

from jupyter_server.utils import url_path_join

from notebench.lab.home.handlers import HomeHandler, LargestHandler, RemoveHandler, RestartHandler
from notebench.lab.outputs.handler import OutputsHandler
from notebench.lab.questions import HereHandler, ParametersHandler
from notebench.lab.relay import EndpointHandler, RelayHandler

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp


def add_routes(server: "ServerApp") -> None:
    """Add them below the server's base URL."""
    base = server.web_app.settings["base_url"]
    server.web_app.add_handlers(
        ".*$",
        [
            (url_path_join(base, r"notebench/api/(.*)"), RelayHandler),
            (url_path_join(base, r"notebench/endpoints/([^/]+/invocations)"), EndpointHandler),
            (url_path_join(base, r"notebench/here"), HereHandler),
            (url_path_join(base, r"notebench/home"), HomeHandler),
            (url_path_join(base, r"notebench/home/largest"), LargestHandler),
            (url_path_join(base, r"notebench/home/remove"), RemoveHandler),
            (url_path_join(base, r"notebench/home/restart"), RestartHandler),
            (url_path_join(base, r"notebench/outputs/([0-9a-f-]{36})"), OutputsHandler),
            (url_path_join(base, r"notebench/parameters"), ParametersHandler),
        ],
    )
