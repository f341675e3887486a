"""What a cluster's workloads have in common, whatever their hardware profile: data, never code."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from notebench_spawner.placement import LabelKey, LabelValue, ObjectName, Toleration
from notebench_spawner.workload import Kind

AbsolutePath = Annotated[str, Field(pattern=r"^/[^\x00]*$")]
SpaceName = Annotated[str, Field(pattern=r"^([a-z0-9{]([a-z0-9{}-]*[a-z0-9}])?)?$", max_length=63)]
MountPath = Annotated[str, Field(pattern=r"^(/|\{home\}/)[^\x00]+$")]
RelativePath = Annotated[str, Field(pattern=r"^([^/\x00][^\x00]*)?$")]
Id = Annotated[int, Field(ge=1, le=2**31 - 1)]
"""A number of an account or group that is not root's."""
ResourceName = Annotated[
    str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?/[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$")
]


class Part(BaseModel):
    """A part of the tree; a key that is not described here is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Homes(Part):
    """The volumes of people's homes; `{user}` becomes their name as a word of DNS."""

    claim: str = Field(default="claim-{user}", min_length=1, description="PersistentVolumeClaim of a home.")
    claims: dict[str, ObjectName] = Field(
        default_factory=dict,
        description="By hub name: claims that are called otherwise, from before Notebench.",
    )
    folder: RelativePath = Field(
        default="",
        description="Folder of a home inside its volume, if many share one; like `home/{user}`.",
    )
    access: Literal["ReadWriteOnce", "ReadWriteMany"] = Field(
        default="ReadWriteOnce",
        description="`ReadWriteOnce`: all that uses one home at the same time is put onto one node.",
    )

    @model_validator(mode="after")
    def _one_for_each(self) -> Self:
        _apart("{user}", self.claim, self.folder)
        return self


def _apart(word: str, *names: str) -> None:
    """Raises ValueError where what is for one would be for all."""
    if not any(word in name for name in names):
        raise ValueError(f"{word} must be in `claim` or in `folder`: else all would have the same files")


class Projects(Part):
    """The volumes of projects' files, ReadWriteMany; `{project}` becomes the name as a word of DNS."""

    volumes: Literal["off", "made", "given"] = Field(
        default="off",
        description="`made`: a project's volume is made when it is first needed; `given`: an admin makes the "
        "claims; `off`: projects have no files of their own.",
    )
    claim: str = Field(default="project-{project}", min_length=1, description="PersistentVolumeClaim.")
    folder: RelativePath = Field(default="", description="Folder inside the volume, where many share one.")
    mount: MountPath = Field(
        default="{home}/projects/{project}", description="Where people find it; `{home}` is their home."
    )

    @model_validator(mode="after")
    def _one_for_each(self) -> Self:
        _apart("{project}", self.claim, self.folder)
        return self


class Namespaces(Part):
    """Namespaces of their own, fixed at the installation; who is to work there finds them made."""

    people: SpaceName = Field(
        default="",
        description="Namespace of what a person runs, with `{user}` for the name as a word of DNS; empty: "
        "everybody's is the same.",
    )
    projects: SpaceName = Field(
        default="",
        description="Namespace of what is run for a project, with `{project}`; empty: that of who runs it. "
        "Who works there has another home there.",
    )

    @model_validator(mode="after")
    def _one_for_each(self) -> Self:
        for word, name in (("{user}", self.people), ("{project}", self.projects)):
            if name and word not in name:
                raise ValueError(f"{word} must be in it: else all would have the same namespace")
        return self


class Account(Part):
    """Whose processes these are inside of pods; never root's."""

    user: Id | None = Field(
        default=None, description="User id; empty for the image's own, or the one that the cluster hands out."
    )
    group: Id | None = Field(default=None, description="Group id; empty for the image's own.")
    files_group: Id | None = Field(
        default=100, description="Group that volumes are given to; empty where the cluster hands it out."
    )
    more_groups: tuple[Id, ...] = Field(default=(), description="Further groups, of shared volumes.")


Seconds = Annotated[int, Field(ge=1, le=3600)]


class Grace(Part):
    """How long a workload may take to end before it is killed, in seconds."""

    session: Seconds = Field(default=15, description="Sessions end their kernels in that time.")
    run: Seconds = Field(default=30, description="Notebook runs save their output and report.")
    model_server: Seconds = Field(default=30, description="Model servers answer what was asked.")

    def of(self, kind: Kind) -> int:
        """The seconds of one kind."""
        return int(getattr(self, kind.name))


class Pods(Part):
    """All of it."""

    environment: AbsolutePath = Field(
        default="/opt/notebench", description="Where images have their Python environment."
    )
    resources: tuple[ResourceName, ...] = Field(
        default=("nvidia.com/gpu",),
        description="Resources that every pod names, with 0 where its profile has none. Leave it empty on "
        "clusters whose admission plug-in ExtendedResourceToleration opens GPU nodes to such pods.",
    )
    namespaces: Namespaces = Field(default=Namespaces(), description="Namespaces of their own.")
    homes: Homes = Field(default=Homes(), description="Volumes of homes.")
    projects: Projects = Field(default=Projects(), description="Volumes of projects.")
    account: Account = Field(default=Account(), description="Whose processes these are.")
    node_selector: dict[LabelKey, LabelValue] = Field(
        default_factory=dict, description="Labels that every node of workloads has."
    )
    preferred_nodes: dict[LabelKey, LabelValue] = Field(
        default_factory=dict, description="Labels of nodes that are taken first, where they have room."
    )
    tolerations: tuple[Toleration, ...] = Field(default=(), description="Taints that all put up with.")
    scheduler: ObjectName = Field(default="", description="Scheduler; empty for the cluster's default.")
    priority_classes: dict[Kind, ObjectName] = Field(
        default_factory=dict, description="PriorityClass by `session`, `run`, `model-server`."
    )
    pull_secrets: tuple[ObjectName, ...] = Field(
        default=(), description="Secrets with which images are pulled."
    )
    labels: dict[LabelKey, LabelValue] = Field(default_factory=dict, description="More labels of all pods.")
    annotations: dict[LabelKey, str] = Field(
        default_factory=dict, description="More annotations of all pods."
    )
    env: dict[str, str] = Field(
        default_factory=dict, description="Variables of all workloads, such as a proxy's; nothing secret."
    )
    grace_seconds: Grace = Field(default=Grace(), description="How long a workload may take to end.")

    @model_validator(mode="after")
    def _projects_are_somewhere(self) -> Self:
        if self.projects.volumes == "made" and self.namespaces.people and not self.namespaces.projects:
            raise ValueError(
                "a project's volume is in one namespace: set `namespaces.projects`, or "
                "`projects.volumes` to `off`"
            )
        return self

    kept_seconds: int = Field(
        default=3 * 86400,
        ge=60,
        description="How long the Job of an ended notebook run is kept, with its log.",
    )
