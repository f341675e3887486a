"""What is looked at in a cluster, as plain data; what could not be read says why."""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from notebench_spawner.catalogue.model import Document
from notebench_spawner.pods.pod import Manifest
from notebench_spawner.pods.rights import Right

from notebench_hub.settings import Settings

T = TypeVar("T")


@dataclass(frozen=True)
class Seen(Generic[T]):
    """What was read, or why it could not be."""

    value: T | None = None
    why: str = ""


Objects = Seen[list[Manifest]]
_UNSEEN: Objects = Seen()


@dataclass(frozen=True)
class Tried:
    """An object of ours, as the cluster would take it: what it said, and what it would have made of it."""

    kind: str
    name: str
    status: int
    said: str = ""
    warnings: tuple[str, ...] = ()
    sent: Manifest = field(default_factory=dict)
    made: Manifest = field(default_factory=dict)


@dataclass(frozen=True)
class May:
    """One verb that hub, service or whoever installs needs, and whether who asks has it."""

    right: Right
    verb: str
    allowed: bool | None


@dataclass(frozen=True)
class Socket:
    """What an address answered to a websocket: a status of HTTP (101 for one that opened), or what failed."""

    address: str
    status: int = 0
    problem: str = ""


@dataclass
class Probed:
    """How far pods of ours got; None is what it did not come to."""

    image: str
    taken: bool = False
    """Whether the cluster took the first pod."""
    image_came: bool = False
    written: bool | None = None
    """Whether the volumes of a home and of a project could be had and written."""
    open_before: bool | None = None
    closed_after: bool | None = None
    problem: str = ""
    """Why it went no further."""


@dataclass(frozen=True)
class Facts:
    """All of it."""

    namespace: str
    settings: Settings
    catalogue: Document
    version: Seen[str] = Seen()
    skew: float | None = None
    """Seconds by which the cluster's clock is before ours."""
    may: tuple[May, ...] = ()
    room: Seen[Manifest] = Seen()
    """The namespace; an empty one where it is not there."""
    classes: Objects = _UNSEEN
    nodes: Objects = _UNSEEN
    claims: Objects = _UNSEEN
    pods: Objects = _UNSEEN
    ingress_classes: Objects = _UNSEEN
    rules: Objects = _UNSEEN
    """Admission policies and webhooks."""
    tried: tuple[Tried, ...] = ()
    socket: Socket | None = None
    probed: Probed | None = None
    """None where nothing was to be made."""
