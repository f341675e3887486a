"""The API's edge: one shape for every failure, limits for every request, the contract's version."""

from notebench_hub.service.api.edge import install
from notebench_hub.service.api.limits import Guard
from notebench_hub.service.api.version import contract_version

__all__ = ["Guard", "contract_version", "install"]
