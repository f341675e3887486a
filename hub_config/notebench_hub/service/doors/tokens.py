"""Notebench's own tokens: what a session, a run or a model server carries, ended with the thing."""

import secrets
from hashlib import sha256

from notebench_hub.service.asker import AskerKind
from notebench_hub.service.store import Store
from notebench_hub.service.store import tokens as rows
from notebench_hub.service.store.tokens import TokenRow

MARK = "nbt_"
"""How every own token begins; nothing of the hub does."""

_WORDS = {AskerKind.session: "session", AskerKind.run: "run", AskerKind.model_server: "server"}


class Tokens:
    """Issues, finds and ends own tokens. Only their hashes are stored."""

    def __init__(self, store: Store) -> None:
        self._store = store

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
        await self._store.write(rows.end, kind, thing)

    async def find(self, token: str) -> TokenRow | None:
        """What the token is bound to, or None if it is unknown or ended."""
        return await self._store.read(rows.find, hashed(token))


def hashed(token: str) -> str:
    """How a token lies in the store: it is random and long, so one round is enough."""
    return sha256(token.encode()).hexdigest()
