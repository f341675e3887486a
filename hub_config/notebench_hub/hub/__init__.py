"""What runs in the hub's own process: traits, roles as data, the start page. Never imports `service`."""

from notebench_hub.hub.configuration import configure

__all__ = ["configure"]
