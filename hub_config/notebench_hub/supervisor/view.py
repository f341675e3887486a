"""What the supervisor says about a part, as data; the command line turns it into sentences."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Phase(StrEnum):
    """Where a part is in its life."""

    waiting = "waiting"
    """For another part that must answer first."""
    starting = "starting"
    healthy = "healthy"
    silent = "silent"
    """It runs, was healthy, and does not answer now."""
    crashed = "crashed"
    """It ended by itself; the supervisor starts it again after a pause."""
    stopping = "stopping"
    stopped = "stopped"


class PartView(BaseModel):
    """One part now."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str
    phase: Phase
    address: str
    version: str
    pid: int | None = None
    seconds: float = 0.0
    """How long it has been in this phase."""
    exit_code: int | None = None
    """How it ended last; negative for a signal."""
    retry_in: float | None = None
    """Seconds until the next start of a crashed part."""
    crashes: int = 0
    """In a row, without being healthy for a minute."""
    last_lines: list[str] = []
    """The end of the log since the last start, for a part that is crashed or silent."""

    @property
    def healthy(self) -> bool:
        return self.phase is Phase.healthy


class View(BaseModel):
    """All parts, and the supervisor itself."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    pid: int
    ready: bool
    """Whether every part has been healthy since this supervisor started."""
    stopping: bool
    parts: list[PartView]
