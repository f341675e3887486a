"""What all tables share: one metadata, moments in UTC, JSON columns."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, String
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import JSON, TypeDecorator

TEXT = String().with_variant(String(collation="C"), "postgresql")
"""Every text: compared and ordered by its characters, as SQLite does it, whatever a server's language is."""

MOMENT = String(32).with_variant(String(32, collation="C"), "postgresql")

WHOLE = BigInteger().with_variant(Integer(), "sqlite")
"""Every whole number: what SQLite's INTEGER takes."""


class Instant(TypeDecorator[datetime]):
    """A moment, kept as ISO 8601 text in UTC with microseconds, so that text order is time order."""

    impl = MOMENT
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


class Table(DeclarativeBase):
    """The base of every table."""

    type_annotation_map = {str: TEXT, int: WHOLE, datetime: Instant, dict[str, Any]: JSON, list[Any]: JSON}  # noqa: RUF012


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)
