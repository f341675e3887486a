"""A typed client of the service's API: the contract's types in, the contract's types and errors out."""

from notebench.client.address import Address, find_address
from notebench.client.client import Client

__all__ = ["Address", "Client", "find_address"]
