"""Refusals that several features share."""

from notebench.contract.errors import NotAllowed, Refused

from notebench_hub.service.asker import Asker, Owner, may_write
from notebench_hub.service.store import Transaction, runs

QUEUE = 500
"""Notebook runs that one owner may have waiting."""


def check_writer(asker: Asker, owner: Owner) -> None:
    """Raises NotAllowed unless the asker may change things of this owner, whom they may read."""
    if not may_write(asker, owner):
        raise NotAllowed(
            "You may see what belongs to {owner}, but not change it.",
            "Ask an owner of the project to make you an editor.",
            code="viewer",
            owner=owner.acting_for,
        )


def check_queue(tx: Transaction, owner: Owner) -> None:
    """Raises Refused when so many runs of this owner wait that nobody may add one by hand."""
    if runs.waiting(tx, owner) >= QUEUE:
        raise Refused(
            "{limit} notebook runs are waiting already.",
            "Wait for some of them, or cancel them.",
            code="queue-full",
            limit=QUEUE,
        )
