"""Every setting of an installation, in one tree. Unknown keys stop the start."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Section(BaseModel):
    """A part of the tree; a key that is not described here is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Doors(Section):
    """Where people and parts reach each other."""

    ip: str = Field(default="127.0.0.1", description="Address on which people reach the proxy.")
    port: int = Field(default=8000, ge=1, le=65535, description="Port on which people reach the proxy.")
    base_url: str = Field(default="/", pattern=r"^/(.*/)?$", description="Path below which everything lives.")


class Sessions(Section):
    """Notebook servers of users."""

    named_servers: int = Field(default=5, ge=0, description="Named servers per user; 0 for none.")
    start_timeout_seconds: int = Field(default=120, ge=5, description="How long a session may take to start.")


class Runs(Section):
    """Notebook runs."""

    concurrency: int = Field(
        default=2, ge=1, description="Notebook runs at the same time in this installation."
    )
    lost_after_seconds: int = Field(default=30, ge=5, description="How long a run may be out of sight.")


class Limits(Section):
    """What one request may be."""

    body_mib: int = Field(default=512, ge=1, description="Largest body the gateway passes on, in mebibytes.")
    request_seconds: int = Field(
        default=300, ge=1, description="Longest request the gateway passes on, in seconds."
    )


class Settings(Section):
    """The installation."""

    mode: Literal["embedded"] = Field(
        default="embedded",
        description="`embedded`: processes on one machine. Read only where the parts are put together.",
    )
    catalogue: Path | None = Field(
        default=None, description="Catalogue file; empty for the one that ships with Notebench."
    )
    admin: str = Field(default="admin", description="Hub name of the first admin.")
    doors: Doors = Field(default=Doors(), description="Addresses.")
    sessions: Sessions = Field(default=Sessions(), description="Notebook servers of users.")
    runs: Runs = Field(default=Runs(), description="Notebook runs.")
    limits: Limits = Field(default=Limits(), description="What one request may be.")
