"""Notebench's own tokens: what a session, a run or a model server carries, ended with the thing."""

import secrets
from collections import OrderedDict
from hashlib import sha256

from notebench_hub.service.asker import AskerKind
from notebench_hub.service.store import Store
from notebench_hub.service.store import tokens as rows
from notebench_hub.service.store.tokens import TokenRow

MARK = "nbt_"
"""How every own token begins; nothing of the hub does."""

_REMEMBERED = 10_000

_WORDS = {AskerKind.session: "session", AskerKind.run: "run", AskerKind.model_server: "server"}


class Tokens:
    """Issues, finds and ends own tokens. Only their hashes are stored.

    Nobody else writes them, so what was found once is known until it is ended here: notebooks that log
    do not wait for the store each time.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: OrderedDict[str, TokenRow] = OrderedDict()
        self._endings = 0

    async def issue(self, kind: AskerKind, thing: str, user: str, acting_for: str) -> str:
        """A new token for a session, run or deployment of that id; the ones before it stay until `end`.

        The token is shown this one time.
        """
        token = f"{MARK}{_WORDS[kind]}_{secrets.token_urlsafe(32)}"
        row = TokenRow(kind=kind, thing=thing, user=user, acting_for=acting_for)
        await self._store.write(rows.add, hashed(token), row)
        return token

    async def end(self, kind: AskerKind, thing: str) -> None:
        """All tokens of that thing are worthless from now on. Safe to repeat."""
        try:
            await self._store.write(rows.end, kind, thing)
        finally:
            self._endings += 1
            for key, row in list(self._known.items()):
                if (row.kind, row.thing) == (kind, thing):
                    del self._known[key]

    async def find(self, token: str) -> TokenRow | None:
        """What the token is bound to, or None if it is unknown or ended."""
        key = hashed(token)
        if known := self._known.get(key):
            return known
        endings = self._endings
        row = await self._store.read(rows.find, key)
        if row and endings == self._endings:  # else it may have been ended since it was read
            self._known[key] = row
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return row


def hashed(token: str) -> str:
    """How a token lies in the store: it is random and long, so one round is enough."""
    return sha256(token.encode()).hexdigest()
