"""LIST in pieces and WATCH, with the ways in which both can fail."""

import asyncio
import base64
import binascii
import copy
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from tests.kube.standin import selectors, status
from tests.kube.standin.kinds import Kind, Object
from tests.kube.standin.store import Change, Store

_CONTINUE_EXPIRED = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new "
    "list "
    "without the continue parameter, or use the continue token in this response to retrieve the remainder "
    "of the "
    "results. Continuing with the provided token results in an inconsistent list - objects that were "
    "created, "
    "modified, or deleted between the time the first chunk was returned and now may show up in the list."
)


@dataclass
class Asked:
    """The query of a LIST or WATCH."""

    kind: Kind
    namespace: str
    version: str = ""
    labels: str = ""
    fields: str = ""
    limit: int = 0
    proceed: str = ""
    seconds: float = 0
    bookmarks: bool = False

    def chosen(self) -> Callable[[Object], bool]:
        return selectors.chosen(self.kind, self.labels, self.fields)


@dataclass
class Faults:
    """What watches do on demand: `half_open`, they say nothing; `dropped` counts up, they end."""

    half_open: bool = False
    dropped: int = 0
    open: int = field(default=0, init=False)
    """How many watches there are now."""


class Dropped(Exception):
    """The connection ends in the middle."""


def listed(store: Store, asked: Asked) -> Object:
    """LIST. Transcript: list-in-pieces. Transcript: list-from-the-future."""
    chosen = asked.chosen()
    revision, after = store.revision, ("", "")
    if asked.proceed:
        revision, after = _read_token(asked.proceed)
        if revision < store.oldest:
            raise status.expired(_CONTINUE_EXPIRED)
    elif asked.version not in ("", "0") and int(asked.version) > store.revision:
        raise status.too_large_version(int(asked.version), store.revision)
    found = [thing for thing in store.as_of(revision, asked.kind, asked.namespace) if chosen(thing)]
    found = [thing for thing in found if _key(thing) > after]
    meta: Object = {"resourceVersion": str(revision)}
    if asked.limit and len(found) > asked.limit:
        if not (asked.labels or asked.fields):
            meta["remainingItemCount"] = len(found) - asked.limit
        found = found[: asked.limit]
        meta["continue"] = _token(revision, _key(found[-1]))
    items = [
        {key: value for key, value in thing.items() if key not in ("kind", "apiVersion")} for thing in found
    ]
    return {
        "kind": f"{asked.kind.name}List",
        "apiVersion": asked.kind.api_version,
        "metadata": meta,
        "items": items,
    }


def _key(thing: Object) -> tuple[str, str]:
    return thing["metadata"].get("namespace", ""), thing["metadata"]["name"]


def _token(revision: int, key: tuple[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps([revision, *key]).encode()).decode()


def _read_token(token: str) -> tuple[int, tuple[str, str]]:
    try:
        revision, namespace, name = json.loads(base64.urlsafe_b64decode(token))
    except (ValueError, binascii.Error):
        raise status.bad_request("continue key is not valid: illegal base64 data") from None
    return revision, (namespace, name)


async def watched(store: Store, asked: Asked, faults: Faults, every: float) -> AsyncIterator[Object]:
    """WATCH: changes from a revision on, or first everything that is there. Transcript: watch-changes."""
    chosen = asked.chosen()
    ends = time.monotonic() + (asked.seconds or 3600)
    dropped = faults.dropped
    faults.open += 1
    try:
        if asked.version in ("", "0"):
            at = store.revision
            for thing in store.all(asked.kind, asked.namespace):
                if chosen(thing):
                    yield {"type": "ADDED", "object": thing}
        else:
            at = int(asked.version)
        marked = time.monotonic()
        while time.monotonic() < ends:
            await _faulty(faults, dropped, ends)
            if at < store.oldest:
                refused = status.expired(f"too old resource version: {at} ({store.oldest})")
                yield {"type": "ERROR", "object": refused.body()}  # Transcript: watch-too-old
                return
            now = store.revision  # before the changes are read: more may come while they are sent
            for change in store.since(at, asked.kind):
                if (event := _event(change, asked.namespace, chosen)) is not None:
                    yield event
            at = max(at, now)
            if asked.bookmarks and time.monotonic() - marked > every:
                marked = time.monotonic()
                yield _bookmark(asked.kind, at)
            await store.changed(at, min(0.2, ends - time.monotonic()))
        if asked.bookmarks:
            yield _bookmark(asked.kind, at)
    finally:
        faults.open -= 1


async def _faulty(faults: Faults, dropped: int, ends: float) -> None:
    while faults.half_open and faults.dropped == dropped and time.monotonic() < ends + 3600:
        await asyncio.sleep(0.02)
    if faults.dropped != dropped:
        raise Dropped


def _event(change: Change, namespace: str, chosen: Callable[[Object], bool]) -> Object | None:
    """What one watcher sees of a change: to a selector, beginning to match is an arrival.

    Transcript: watch-selectors.
    """
    if namespace and change.key[0] != namespace:
        return None
    was = change.before is not None and chosen(change.before)
    is_now = change.after is not None and chosen(change.after)
    if is_now:
        return {"type": "MODIFIED" if was else "ADDED", "object": change.after}
    if not was or change.before is None:
        return None
    last = copy.deepcopy(change.before)
    last["metadata"]["resourceVersion"] = str(change.revision)
    return {"type": "DELETED", "object": last}


def _bookmark(kind: Kind, revision: int) -> Object:
    """Only a revision to go on from. Transcript: watch-bookmarks."""
    meta = {"resourceVersion": str(revision), "creationTimestamp": None}
    return {
        "type": "BOOKMARK",
        "object": {"kind": kind.name, "apiVersion": kind.api_version, "metadata": meta},
    }
