"""The store: the only room that knows SQL. One module per feature: tables and functions."""

from notebench_hub.service.store.engine import Store, Transaction
from notebench_hub.service.store.opening import store_of

__all__ = ["Store", "Transaction", "store_of"]
