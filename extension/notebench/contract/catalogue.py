"""The catalogue as people see it: what they may choose, what is inside, why something cannot be chosen."""

from enum import StrEnum

from pydantic import Field

from notebench.contract.base import Answer


class VersionState(StrEnum):
    """Where an image version stands in its life."""

    draft = "draft"
    testing = "testing"
    approved = "approved"
    deprecated = "deprecated"
    retired = "retired"
    revoked = "revoked"


class Package(Answer):
    """One distribution and its version, as locked."""

    name: str
    version: str


class ImageCard(Answer):
    """One image with the version that a start would use now."""

    id: str
    title: str
    description: str
    version: str
    """The version's name, for example `2026.11`."""
    identity: str
    """Lock hash, Python and platform in one word; equal on a laptop and in the cluster."""
    state: VersionState
    python: str
    """For example `3.11`."""
    packages: list[Package] = Field(default_factory=list)
    """The main packages, in the catalogue's order, with versions read from the lock."""
    profiles: list[str] = Field(default_factory=list)
    """Ids of the hardware profiles this image may run on."""
    available: bool = True
    reason: str = ""
    """Why it cannot be chosen here, one sentence, if it cannot."""


class ProfileCard(Answer):
    """One hardware profile."""

    id: str
    title: str
    description: str
    cpu: float
    """Cores."""
    memory_mib: int
    """Mebibytes."""
    resources: dict[str, int] = Field(default_factory=dict)
    """Extended resources, for example `{"nvidia.com/gpu": 1}`."""
    available: bool = True
    reason: str = ""
    free: str = ""
    """How many of its devices are free now on this machine, a few words; empty where it needs none."""
    enforced: str = ""
    """How this installation enforces CPU and memory, one sentence."""


class Choice(Answer):
    """A combination of image, profile and what to act for."""

    image: str
    profile: str
    acting_for: str


class Catalogue(Answer):
    """`GET /catalogue`: everything this user may choose, and their last choice."""

    revision: str
    images: list[ImageCard]
    profiles: list[ProfileCard]
    projects: list[str] = Field(default_factory=list)
    """Names of the projects that this user may act for, besides `personal`."""
    default: Choice
    notice: str = ""
    """What people should know before they start something here, one sentence."""
