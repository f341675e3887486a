"""Whose is it: who may read and write what."""

import pytest
from notebench.contract.people import Membership, Role
from notebench_hub.service.asker import Asker, AskerKind, Owner, may_read, may_write


def asker(
    name: str, role: Role | None = None, kind: str = "hub-token", acting_for: str = "personal"
) -> Asker:
    memberships = (Membership(project="alloys", role=role),) if role else ()
    bound = "" if kind in ("hub-token", "browser") else "x1"
    return Asker(name, acting_for, role or Role.owner, AskerKind(kind), bound=bound, projects=memberships)


@pytest.mark.parametrize(
    ("who", "owner", "reads", "writes"),
    [
        (asker("ana"), Owner("ana"), True, True),
        (asker("ben"), Owner("ana"), False, False),
        (asker("ben", Role.viewer), Owner("ana", "alloys"), True, False),
        (asker("ben", Role.editor), Owner("ana", "alloys"), True, True),
        (asker("ben", Role.owner), Owner("ana", "alloys"), True, True),
        (asker("ben", Role.editor), Owner("ana", "bronze"), False, False),
        (asker("dan"), Owner("ana", "alloys"), False, False),
        # bound to one thing, whatever else its user may do
        (asker("ana", Role.editor, "session"), Owner("ana", "alloys"), False, False),
        (asker("ana", Role.editor, "session", "alloys"), Owner("ana"), False, False),
        (asker("ana", Role.editor, "session", "alloys"), Owner("ben", "alloys"), True, True),
        (asker("ana", kind="run"), Owner("ana"), True, False),
        (asker("ana", kind="model-server"), Owner("ana"), True, False),
    ],
)
def test_may(who: Asker, owner: Owner, reads: bool, writes: bool) -> None:
    assert (may_read(who, owner), may_write(who, owner)) == (reads, writes)


def test_same_owner() -> None:
    assert Owner("ana", "alloys").same(Owner("ben", "alloys"))
    assert not Owner("ana").same(Owner("ben"))
    assert not Owner("ana").same(Owner("ana", "alloys"))
