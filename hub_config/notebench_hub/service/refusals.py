"""Refusals that several features share."""

from notebench.contract.errors import NotAllowed

from notebench_hub.service.asker import Asker, Owner, may_write


def check_writer(asker: Asker, owner: Owner) -> None:
    """Raises NotAllowed unless the asker may change things of this owner, whom they may read."""
    if not may_write(asker, owner):
        raise NotAllowed(
            "You may see what belongs to {owner}, but not change it.",
            "Ask an owner of the project to make you an editor.",
            code="viewer",
            owner=owner.acting_for,
        )
