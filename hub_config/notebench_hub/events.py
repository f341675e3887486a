"""What the hub tells the audit: one thing that happened, with an id of its own so that it counts once."""

import secrets
from datetime import UTC, datetime
from typing import Annotated, Any

from notebench.contract.people import PERSONAL
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

_TEXT = 4000
MOST = 200
"""Events that are sent at once."""


def _cut(given: object) -> object:
    """What somebody made too long is noted as far as it goes: no note may fail what it is about."""
    return given[:_TEXT] if isinstance(given, str) else given


Text = Annotated[str, BeforeValidator(_cut), Field(max_length=_TEXT)]


class Event(BaseModel):
    """One event. The id is made where it happened: however often it is sent, the audit has it once."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    event: str = Field(default_factory=lambda: secrets.token_hex(12), min_length=8, max_length=64)
    moment: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))
    action: str = Field(max_length=64)
    user: Text = ""
    """Who did it; empty where nobody is known."""
    concerns: Text = ""
    """Whom it concerns beside who did it."""
    acting_for: Text = PERSONAL
    thing: Text = ""
    kind: str = Field(default="hub", max_length=64)
    origin: Text = ""
    request: str = Field(default="", max_length=64)
    reason: Text = ""
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    detail: dict[str, Any] = Field(default_factory=dict)


class Events(BaseModel):
    """What is sent at once, oldest first."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    events: list[Event] = Field(max_length=MOST)
