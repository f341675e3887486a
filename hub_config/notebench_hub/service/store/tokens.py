"""Own tokens, by hash."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Mapped, mapped_column

from notebench_hub.service.asker import AskerKind
from notebench_hub.service.store.base import Table, now
from notebench_hub.service.store.engine import Transaction


class TokenTable(Table):
    """One row per living token."""

    __tablename__ = "tokens"

    hash: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(index=True)
    thing: Mapped[str] = mapped_column(index=True)
    user: Mapped[str]
    acting_for: Mapped[str]
    created: Mapped[datetime]


@dataclass(frozen=True)
class TokenRow:
    """What a token is bound to."""

    kind: AskerKind
    thing: str
    user: str
    acting_for: str


def add(tx: Transaction, hashed: str, row: TokenRow) -> None:
    """Remember a new token by its hash."""
    tx.add(
        TokenTable(
            hash=hashed,
            kind=row.kind.value,
            thing=row.thing,
            user=row.user,
            acting_for=row.acting_for,
            created=now(),
        )
    )


def find(tx: Transaction, hashed: str) -> TokenRow | None:
    """What the token of this hash is bound to."""
    one = tx.get(TokenTable, hashed)
    return None if one is None else TokenRow(AskerKind(one.kind), one.thing, one.user, one.acting_for)


def end(tx: Transaction, kind: AskerKind, thing: str) -> None:
    """Forget all tokens of a thing."""
    tx.execute(delete(TokenTable).where(TokenTable.kind == kind.value, TokenTable.thing == thing))
