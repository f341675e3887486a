"""The API contract: what the service, the panels, the runner and programs say to each other.

This is the only package that the hub side, the spawner and the extension all import. It holds types
and words, does no I/O, and is the source of the OpenAPI document and of the TypeScript types.
"""

from typing import Final

CONTRACT_VERSION: Final = 1
"""The version spoken here. It grows by one when an older reader would misunderstand a newer writer."""

SUPPORTED_VERSIONS: Final = (1,)
"""The versions a service built from this package still serves: this one and the two before it."""

SERVICE_PREFIX: Final = "/services/notebench/"
"""Where the service answers below the hub's base URL."""

API_PREFIX: Final = SERVICE_PREFIX + "api/v1"
"""Where the API's routes begin; `client` and the panels append the paths named in the models' docstrings."""

VERSION_HEADER: Final = "Notebench-Contract"
"""The request header in which a client says which contract version it speaks."""

ACTING_HEADER: Final = "Notebench-Acting-For"
"""The header in which a hub user names `personal` or a project; session and run tokens are bound to one."""
