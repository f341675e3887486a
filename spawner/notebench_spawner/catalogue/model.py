"""What catalogue.yaml may say: images with their versions, hardware profiles, and for whom they are."""

import re
from collections.abc import Collection
from typing import Annotated, Literal, Self

from notebench.contract.base import Name
from notebench.contract.catalogue import VersionState
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from notebench_spawner.placement import Placement

_QUANTITY = re.compile(r"([1-9][0-9]{0,6})(Mi|Gi|Ti)")
_MEBIBYTES = {"Mi": 1, "Gi": 1024, "Ti": 1024 * 1024}
_RESOURCE = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?/[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?")


def mebibytes(value: object) -> int:
    """A size like 512Mi or 2Gi as a number. Raises ValueError."""
    found = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("a size like 512Mi or 2Gi is needed")
    return int(found[1]) * _MEBIBYTES[found[2]]


def _resource_name(value: str) -> str:
    if not _RESOURCE.fullmatch(value):
        raise ValueError("a name like nvidia.com/gpu is needed")
    return value


class Entry(BaseModel):
    """A part of the catalogue; keys that are not described here are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(Entry):
    """A text in three languages, for catalogues whose texts are not among the product's messages."""

    en: str = Field(min_length=1, max_length=400)
    de: str = Field(default="", max_length=400)
    es: str = Field(default="", max_length=400)


Text = Annotated[str, Field(min_length=1, max_length=400)] | Words
"""English that the product's messages translate, or `{en, de, es}`."""


class Audience(Entry):
    """For whom an image or profile is; without one it is for everybody."""

    groups: list[str] = Field(min_length=1, description="Hub groups (entitlements); one of them is enough.")

    def includes(self, groups: Collection[str]) -> bool:
        """Whether a member of `groups` may choose it."""
        return not set(self.groups).isdisjoint(groups)


class Profile(Entry):
    """A hardware profile: what one workload may use."""

    id: Name
    title: Text
    description: Text
    cpu: float = Field(gt=0, le=1024, description="Cores.")
    memory: Annotated[int, BeforeValidator(mebibytes)] = Field(description="Like 512Mi or 2Gi.")
    processes: int = Field(default=1024, ge=64, le=1_000_000, description="Processes and threads together.")
    files: int = Field(default=8192, ge=256, le=1_000_000, description="Open files of one process.")
    resources: dict[Annotated[str, AfterValidator(_resource_name)], Annotated[int, Field(ge=1, le=64)]] = (
        Field(default_factory=dict, description="Extended resources, for example `nvidia.com/gpu: 1`.")
    )
    kubernetes: Placement = Field(default=Placement(), description="What counts on a cluster only.")
    audience: Audience | None = Field(default=None, description="For whom it is; left out for everybody.")

    @model_validator(mode="after")
    def _no_more_than_there_is(self) -> Self:
        asked = self.kubernetes
        if (asked.cpu_request or 0) > self.cpu:
            raise ValueError("`kubernetes.cpu_request` is more than `cpu`")
        for name, size in (("memory_request", asked.memory_request), ("shm", asked.shm)):
            if size and mebibytes(size) > self.memory:
                raise ValueError(f"`kubernetes.{name}` is more than `memory`")
        return self


class KubernetesImage(Entry):
    """The container image of a version. Without a digest it is not built and cannot start on a cluster."""

    image: str = Field(pattern=r"^[a-z0-9][a-z0-9._/:-]{0,254}$", description="Repository, without a tag.")
    digest: str = Field(default="", pattern=r"^(sha256:[0-9a-f]{64})?$", description="sha256:…")

    @property
    def reference(self) -> str:
        """Repository and digest in one word, empty while there is no digest."""
        return f"{self.image}@{self.digest}" if self.digest else ""


class Embedded(Entry):
    """Whether a version can run as processes on one machine."""

    available: bool = True
    reason: Text | None = Field(default=None, description="Why it cannot.")


class Version(Entry):
    """One version of an image: a lock, a Python, a container image, and where it stands in its life."""

    name: str = Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,38}[A-Za-z0-9])?$", description="Like 2026.11.")
    state: VersionState
    lock: str = Field(
        min_length=1, max_length=400, description="The lock file, seen from the catalogue file."
    )
    python: str = Field(pattern=r"^3\.(1[1-9]|[2-9][0-9])$", description="Python of the container image.")
    packages: list[str] = Field(
        default_factory=list, max_length=30, description="Main packages, to be shown."
    )
    kubernetes: KubernetesImage | None = None
    embedded: Embedded = Embedded()


class Image(Entry):
    """An image people choose; a start uses its current version."""

    id: Name
    title: Text
    description: Text
    profiles: list[str] = Field(min_length=1, description="Ids of the profiles it may run on.")
    audience: Audience | None = Field(default=None, description="For whom it is; left out for everybody.")
    versions: list[Version] = Field(min_length=1, description="Newest first.")

    def current(self) -> Version | None:
        """The version a start uses: the first approved one, else the first deprecated one, else none."""
        for state in (VersionState.approved, VersionState.deprecated):
            for version in self.versions:
                if version.state is state:
                    return version
        return None


class Default(Entry):
    """What is chosen for people who have chosen nothing yet."""

    image: str
    profile: str


class Document(Entry):
    """The whole file."""

    schema_version: Literal[1] = Field(alias="schema", description="The format of this file.")
    default: Default
    profiles: list[Profile] = Field(min_length=1)
    images: list[Image] = Field(min_length=1)
