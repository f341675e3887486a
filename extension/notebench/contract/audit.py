"""The audit: who did what to which thing, when, from where, why, and what it was before and after."""

from typing import Annotated

from pydantic import Field

from notebench.contract.base import Answer, Json, Moment, Request


class AuditEntry(Answer):
    """`GET /audit`, and one line of `GET /audit/export`. Entries are never changed and never removed."""

    number: int
    """Counts from 1 without a gap."""
    moment: Moment
    user: str
    """Who did it; empty where Notebench itself did."""
    concerns: str
    """Whose thing it is, or to whom it was done; empty where it concerns nobody in particular."""
    acting_for: str
    """`personal` or a project."""
    action: str
    """For example `run-cancel`; `docs/audit.md` lists them all."""
    thing: str
    """Id or name of what it was done to."""
    kind: str
    """How they proved who they are: `browser`, `hub-token`, `session`, `run`, `password`, `command-line`;
    `hub` and `notebench` for the parts themselves."""
    origin: str
    """Address as the proxy saw it; empty where nobody came from anywhere."""
    request: str
    """One request's id: entries with the same one belong together."""
    reason: str
    """Why, where a reason is known."""
    before: Json | None = None
    after: Json | None = None
    detail: Json = Field(default_factory=dict)


class AuditList(Answer):
    """One page of entries, newest first; `next` is the cursor of the following page, empty at the end."""

    entries: list[AuditEntry]
    next: str = ""


class AuditVerdict(Answer):
    """`GET /audit/verify` (admins): whether the chain holds. Keep `head`, and give it to a later check."""

    entries: int
    whole: bool
    broken_at: int = 0
    """Number of the first entry that does not follow from the one before; 0 where all do."""
    reason: str = ""
    head: str = ""
    """`NUMBER:HASH` of the newest entry. A later check that is given it finds entries that were cut off."""


Short = Annotated[str, Field(max_length=400)]


class AuditEvent(Request):
    """One event that the hub or the command line saw, on its way to the audit."""

    event: str = Field(min_length=8, max_length=64)
    """Unique: an event that arrives twice is written once."""
    moment: Moment
    user: Short = ""
    concerns: Short = ""
    acting_for: Short = "personal"
    action: str = Field(pattern="^[a-z][a-z-]{1,39}$")
    thing: Short = ""
    kind: Short = ""
    origin: Short = ""
    request: Short = ""
    reason: Annotated[str, Field(max_length=2000)] = ""
    before: Json | None = None
    after: Json | None = None
    detail: Json = Field(default_factory=dict)


class AuditEvents(Request):
    """`POST /internal/audit` (the hub only): events in the order in which they happened."""

    events: list[AuditEvent] = Field(max_length=500)
