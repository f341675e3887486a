"""The objects, every change to them in order, and who waits for the next one."""

import asyncio
import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.kube.standin.kinds import Kind, Object

Key = tuple[str, str]


@dataclass(frozen=True)
class Change:
    """One write: what was there before it, and what after it."""

    revision: int
    kind: Kind
    before: Object | None
    after: Object | None

    @property
    def key(self) -> Key:
        return key_of(self.after or self.before or {})


def key_of(thing: Object) -> Key:
    return thing["metadata"].get("namespace", ""), thing["metadata"]["name"]


class Store:
    """One revision for everything, as in etcd; old changes can be forgotten. For one event loop only."""

    def __init__(self) -> None:
        self.revision = 1000
        self.oldest = 1000
        """Changes up to here are forgotten: nobody can watch or list from before."""
        self.history: list[Change] = []
        self.network = 64
        """The second number of all addresses on loopback that this cluster gives out."""
        self._objects: dict[Kind, dict[Key, Object]] = {}
        self._waiting: set[asyncio.Event] = set()
        self.told: list[Callable[[Change], None]] = []

    def find(self, kind: Kind, namespace: str, name: str) -> Object | None:
        found = self._objects.get(kind, {}).get((namespace, name))
        return copy.deepcopy(found) if found else None

    def all(self, kind: Kind, namespace: str = "") -> list[Object]:
        """Every object of a kind, in the order of namespace and name."""
        found = sorted(self._objects.get(kind, {}).items())
        return [copy.deepcopy(thing) for key, thing in found if not namespace or key[0] == namespace]

    def put(self, kind: Kind, thing: Object) -> Object:
        """Write it; its resourceVersion becomes the new revision."""
        return self._change(kind, key_of(thing), copy.deepcopy(thing))

    def remove(self, kind: Kind, namespace: str, name: str) -> Object:
        """Forget it; given back as it last was, with the revision of its end. Transcript: watch-changes."""
        return self._change(kind, (namespace, name), None)

    def _change(self, kind: Kind, key: Key, after: Object | None) -> Object:
        self.revision += 1
        kept = self._objects.setdefault(kind, {})
        before = kept.get(key)
        if after is None:
            last = copy.deepcopy(kept.pop(key))
        else:
            last = kept[key] = after
        last["metadata"]["resourceVersion"] = str(self.revision)
        change = Change(self.revision, kind, before, after)
        self.history.append(change)
        for tell in self.told:
            tell(change)
        for event in self._waiting:
            event.set()
        return copy.deepcopy(last)

    def compact(self) -> None:
        """Forget all changes so far, as etcd does after some minutes."""
        self.history.clear()
        self.oldest = self.revision

    def since(self, revision: int, kind: Kind) -> list[Change]:
        first = len(self.history)
        while first and self.history[first - 1].revision > revision:
            first -= 1
        return [change for change in self.history[first:] if change.kind is kind]

    def as_of(self, revision: int, kind: Kind, namespace: str) -> list[Object]:
        """The list as it was at a revision that is not forgotten."""
        then: dict[Key, Object] = dict(self._objects.get(kind, {}))
        for change in reversed(self.since(revision, kind)):
            if change.before is None:
                then.pop(change.key, None)
            else:
                then[change.key] = change.before
        return [
            copy.deepcopy(thing)
            for key, thing in sorted(then.items())
            if not namespace or key[0] == namespace
        ]

    async def changed(self, after: int, seconds: float) -> bool:
        """Wait until something is newer than `after`; False when that took too long."""
        if self.revision > after:
            return True
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            await asyncio.wait_for(event.wait(), max(seconds, 0))
        except TimeoutError:
            return False
        finally:
            self._waiting.discard(event)
        return True

    def owned(self, uid: str, kinds: Iterable[Kind], namespace: str) -> list[tuple[Kind, Object]]:
        """What names that object as its owner."""
        return [
            (kind, thing)
            for kind in kinds
            for thing in self.all(kind, namespace)
            if any(owner["uid"] == uid for owner in thing["metadata"].get("ownerReferences") or [])
        ]
