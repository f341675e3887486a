"""The store: the only room that knows SQL. One module per feature: its tables, and functions over a transaction."""

from notebench_hub.service.store.engine import Store, Transaction

__all__ = ["Store", "Transaction"]
