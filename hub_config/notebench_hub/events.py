"""What the hub tells the audit: one thing that happened, with an id of its own so that it counts once."""

import secrets
from datetime import UTC, datetime
from typing import Any

from notebench.contract.people import PERSONAL
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

_TEXT = 4000
MOST = 200
"""Events that are sent at once."""


class Event(BaseModel):
    """One event. The id is made where it happened: however often it is sent, the audit has it once."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    event: str = Field(default_factory=lambda: secrets.token_hex(12), min_length=8, max_length=64)
    moment: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))
    action: str = Field(max_length=64)
    user: str = Field(default="", max_length=_TEXT)
    """Who did it; empty where nobody is known."""
    concerns: str = Field(default="", max_length=_TEXT)
    """Whom it concerns beside who did it."""
    acting_for: str = Field(default=PERSONAL, max_length=_TEXT)
    thing: str = Field(default="", max_length=_TEXT)
    kind: str = Field(default="hub", max_length=64)
    origin: str = Field(default="", max_length=_TEXT)
    request: str = Field(default="", max_length=64)
    reason: str = Field(default="", max_length=_TEXT)
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    detail: dict[str, Any] = Field(default_factory=dict)


class Events(BaseModel):
    """What is sent at once, oldest first."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    events: list[Event] = Field(max_length=MOST)
