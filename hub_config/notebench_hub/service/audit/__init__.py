"""The audit: what happened at the hub comes in, and people read what concerns them."""

from notebench_hub.service.audit.routes import internal, router
from notebench_hub.service.feature import Feature, Parts


def feature(parts: Parts) -> Feature:
    """The feature `audit`."""
    return Feature("audit", api=[router(parts.store)], outside=[internal(parts)])
