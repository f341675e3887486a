"""The audit as people read it: who did what to which thing, when, from where, why, before and after."""

from pydantic import Field

from notebench.contract.base import Answer, Json, Moment


class AuditEntry(Answer):
    """One entry. Nobody changes or removes one; the chain shows it if somebody goes around that."""

    number: int
    """Its place in the chain."""
    moment: Moment
    user: str
    """Who did it; empty where it was Notebench itself, or nobody is known."""
    concerns: str = ""
    """Whom it concerns; `*` is everybody."""
    acting_for: str
    action: str
    """Stable word for programs, for example `schedule-change`."""
    words: str = ""
    """The action in the reader's language."""
    thing: str = ""
    """Id or name of what it was done to."""
    kind: str = ""
    """How they had proven who they are: `browser`, `hub-token`, `session`, `run` …"""
    origin: str = ""
    """Where it came from; shown to who did it, whom it concerns, and admins."""
    request: str = ""
    reason: str = ""
    before: Json | None = None
    after: Json | None = None
    detail: Json = Field(default_factory=dict)


class AuditPage(Answer):
    """`GET /audit`: one page, newest first; `next` is the cursor of the following one, empty at the end."""

    entries: list[AuditEntry]
    next: str = ""
    actions: dict[str, str] = Field(default_factory=dict)
    """All actions that can be asked for, in the reader's language."""
