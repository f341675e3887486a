"""How full a home is and what fills it; only a session's Jupyter server says it."""

from enum import StrEnum

from pydantic import Field

from notebench.contract.base import Answer, Moment, Request


class HomeLevel(StrEnum):
    """How full. `filling`: at least nine tenths."""

    ok = "ok"
    filling = "filling"
    full = "full"


class HomeWatch(StrEnum):
    """Whose word the figures are: the kernel's quota, our own measurement, or only the disk's free space."""

    quota = "quota"
    measured = "measured"
    disk = "disk"


class HomeState(Answer):
    """`GET /notebench/home` of the session's Jupyter server."""

    level: HomeLevel
    safe: bool
    """Whether this session started in the safe mode: it writes nothing of its own into the home."""
    watch: HomeWatch
    used: int | None = None
    """Bytes; None where they are not known (yet)."""
    size: int | None = None
    """Bytes that the home may have; None where there is no such limit."""
    free: int
    """Bytes that can still be written, as far as the file system says."""


class HomeEntry(Answer):
    """A file or folder of the home."""

    path: str
    """Relative to the home, with `/`."""
    size: int
    """Bytes on the disk, of a folder with all in it."""
    modified: Moment
    folder: bool
    cache: bool
    """True for caches, checkpoints and the trash: what made them makes them again, or nobody needs them."""


class HomeContents(Answer):
    """`GET /notebench/home/largest`: what fills the home, the largest first."""

    used: int
    count: int
    """Files and folders that were looked at."""
    complete: bool
    """False when looking took too long: then figures are too small."""
    files: list[HomeEntry] = Field(default_factory=list)
    folders: list[HomeEntry] = Field(default_factory=list)


class RemoveRequest(Request):
    """`POST /notebench/home/remove`: delete for good, not into a trash."""

    paths: list[str] = Field(min_length=1, max_length=200)


class Removed(Answer):
    """What became of a removal."""

    removed: list[str]
    failed: list[str] = Field(default_factory=list)
    """Paths that could not be removed; what is left of them is still there."""
