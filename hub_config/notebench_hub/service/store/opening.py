"""The store of an installation, wherever its settings say that its database is."""

from notebench_hub.databases import server_of
from notebench_hub.place import Place
from notebench_hub.service.store.engine import Store
from notebench_hub.settings import Settings

FILE = "notebench.db"


def store_of(place: Place, settings: Settings) -> Store:
    """Not opened yet. Raises Refused where the settings lead to no password."""
    where = server_of(settings, place, "service") or place.service / FILE
    return Store(where, audit_key=place.secret("audit-key"))
