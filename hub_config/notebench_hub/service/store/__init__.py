"""The store: the only room that knows SQL. One module per feature: tables and functions."""

from notebench_hub.service.store.engine import Store, Transaction

__all__ = ["Store", "Transaction"]
