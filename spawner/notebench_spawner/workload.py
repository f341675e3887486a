"""The workload: everything Notebench starts, whatever its kind, as plain data that survives as JSON."""

from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from notebench_spawner.placement import Placement


class Kind(StrEnum):
    """The three kinds of workload."""

    session = "session"
    run = "run"
    model_server = "model-server"


class ImageVersion(BaseModel):
    """A resolved image version: what was approved is what runs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    image: str
    version: str
    identity: str
    """Lock hash + Python + platform; the name of the environment's directory."""
    python: str
    digest: str = ""
    """Image reference by digest, for Kubernetes; empty where the image has none."""


class Hardware(BaseModel):
    """A resolved hardware profile."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    profile: str
    cpu: float = Field(gt=0)
    """Cores."""
    memory_mib: int = Field(gt=0)
    """Mebibytes."""
    processes: int = Field(default=1024, gt=0)
    """Processes and threads together."""
    files: int = Field(default=8192, gt=0)
    """Open files of one process."""
    resources: dict[str, int] = Field(default_factory=dict)
    """Extended resources such as `nvidia.com/gpu`; an absent one means 0."""
    placement: Placement = Placement()
    """What counts on a cluster only."""


class Share(BaseModel):
    """A project's files, as one workload may use them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    project: str
    writable: bool = False


class Workload(BaseModel):
    """catalogue image version + environment layer + hardware profile + owner + connections + command."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$")
    """Unique, a word of DNS; starting the same id twice is the same thing."""
    kind: Kind
    user: str
    """Hub name of the person it runs for."""
    acting_for: str = "personal"
    image: ImageVersion
    hardware: Hardware
    home: Path
    """The owner's files; the working directory unless `cwd` says otherwise."""
    cwd: Path | None = None
    layer: Path | None = None
    """The environment layer (a virtual environment over the image's), or None for the bare image."""
    command: list[str]
    """First word `python` means the layer's interpreter, or the image's where there is no layer."""
    env: dict[str, str] = Field(default_factory=dict)
    secret_env: dict[str, str] = Field(default_factory=dict, repr=False)
    """Given to the process, never logged, never stored with the record."""
    devices: dict[str, list[str]] = Field(default_factory=dict)
    """What was reserved for it alone, by resource: names under which a program asks for its devices."""
    socket: Path | None = None
    """Where a model server listens on one machine."""
    only_port: int | None = Field(default=None, gt=0, lt=65536)
    """On one machine: the port on loopback that is all it reaches of the network; None leaves that open."""
    port: int | None = Field(default=None, gt=0, lt=65536)
    """On a cluster: where a session or a model server listens."""
    shares: tuple[Share, ...] = ()
    """On a cluster: files of projects. Who grants the workload decides; what is not named is not there."""
    timeout_seconds: int | None = None

    def without_secrets(self) -> "Workload":
        """The same workload as it may be stored and shown."""
        return self.model_copy(update={"secret_env": {}})
