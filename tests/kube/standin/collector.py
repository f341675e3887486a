"""What comes and goes with what: dependents with their owners, and all that is in a namespace with it.

Transcript: owner-gone. Transcript: delete-job. Transcript: namespaces.
"""

from tests.kube.standin import deleting, status, writing
from tests.kube.standin.kinds import ACCOUNTS, KINDS, NAMESPACES, Kind, Object
from tests.kube.standin.store import Store

_OWNED = [kind for kind in KINDS if kind.namespaced and kind.name != "Event"]


def step(store: Store) -> None:
    _owners(store)
    for kind in _OWNED:
        for thing in store.all(kind):
            finalizers = thing["metadata"].get("finalizers") or []
            if not thing["metadata"].get("deletionTimestamp"):
                continue
            if "orphan" in finalizers:
                _orphan(store, kind, thing)
            elif "foregroundDeletion" in finalizers:
                _foreground(store, kind, thing)
    for room in store.all(NAMESPACES):
        name = room["metadata"]["name"]
        if room["metadata"].get("deletionTimestamp"):
            _empty(store, name)
        elif not store.find(ACCOUNTS, name, "default"):
            writing.create(store, ACCOUNTS, name, {"metadata": {"name": "default"}})


def _owners(store: Store) -> None:
    """An object whose owners are all gone goes too."""
    there = {thing["metadata"]["uid"] for kind in _OWNED for thing in store.all(kind)}
    for kind in _OWNED:
        for thing in store.all(kind):
            owners = thing["metadata"].get("ownerReferences") or []
            if owners and not any(one["uid"] in there for one in owners):
                _delete(store, kind, thing)


def _delete(store: Store, kind: Kind, thing: Object, policy: str = "Background") -> None:
    meta = thing["metadata"]
    if not meta.get("deletionTimestamp"):
        try:
            deleting.delete(store, kind, meta["namespace"], meta["name"], {"propagationPolicy": policy})
        except status.Refused:
            return  # it went meanwhile


def _orphan(store: Store, kind: Kind, owner: Object) -> None:
    uid = owner["metadata"]["uid"]
    for other, thing in store.owned(uid, _OWNED, owner["metadata"]["namespace"]):
        left = [one for one in thing["metadata"]["ownerReferences"] if one["uid"] != uid]
        thing["metadata"]["ownerReferences"] = left
        if not left:
            del thing["metadata"]["ownerReferences"]
        writing.write(store, other, thing)
    deleting.drop_finalizer(store, kind, owner, "orphan")


def _foreground(store: Store, kind: Kind, owner: Object) -> None:
    left = store.owned(owner["metadata"]["uid"], _OWNED, owner["metadata"]["namespace"])
    for other, thing in left:
        _delete(store, other, thing, "Foreground")
    if not left:
        deleting.drop_finalizer(store, kind, owner, "foregroundDeletion")


def _empty(store: Store, namespace: str) -> None:
    left = 0
    for kind in KINDS:
        for thing in store.all(kind, namespace) if kind.namespaced else []:
            _delete(store, kind, thing)
            left += 1
    if not left:
        store.remove(NAMESPACES, "", namespace)
