"""What a hardware profile says of pods only: on which nodes, in which class, with how much shared memory.

Sizes are written as Kubernetes writes them, so that they are the same word from the catalogue to the pod.
"""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

_WORD = "[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
_SUBDOMAIN = "[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?"

LabelKey = Annotated[str, Field(pattern=f"^({_SUBDOMAIN}/)?{_WORD}$")]
LabelValue = Annotated[str, Field(pattern=f"^({_WORD})?$")]
ObjectName = Annotated[str, Field(pattern=f"^({_SUBDOMAIN})?$")]
"""The name of an object of the cluster; empty for none."""
Size = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,6}(Mi|Gi|Ti)$")]


class Toleration(BaseModel):
    """A taint of nodes that these pods put up with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: Annotated[str, Field(pattern=f"^(({_SUBDOMAIN}/)?{_WORD})?$")] = Field(
        default="", description="The taint's key; empty, with `Exists`, for every taint."
    )
    operator: Literal["Equal", "Exists"] = Field(default="Equal", description="`Equal` compares the value.")
    value: LabelValue = Field(default="", description="The taint's value.")
    effect: Literal["", "NoSchedule", "PreferNoSchedule", "NoExecute"] = Field(
        default="", description="Empty for every effect."
    )
    seconds: int | None = Field(
        default=None,
        ge=0,
        description="With `NoExecute`: how long a pod stays; empty for no end.",
    )

    @model_validator(mode="after")
    def _as_the_cluster_takes_it(self) -> Self:
        if not self.key and self.operator != "Exists":
            raise ValueError("a toleration without a key needs `operator: Exists`")
        if self.value and self.operator == "Exists":
            raise ValueError("a toleration with `operator: Exists` has no value")
        if self.seconds is not None and self.effect != "NoExecute":
            raise ValueError("`seconds` needs `effect: NoExecute`")
        return self


class Placement(BaseModel):
    """Left out, a profile's pods go wherever there is room."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    node_selector: dict[LabelKey, LabelValue] = Field(
        default_factory=dict, description="Labels that a node must have."
    )
    tolerations: tuple[Toleration, ...] = Field(default=(), description="Taints that are put up with.")
    priority_class: ObjectName = Field(default="", description="PriorityClass; empty for the settings' one.")
    runtime_class: ObjectName = Field(default="", description="RuntimeClass; empty for the usual one.")
    shm: Size | None = Field(
        default=None, description="Shared memory, part of `memory`; empty for half of that."
    )
    cpu_request: float | None = Field(
        default=None, gt=0, description="Cores that are kept for it; empty for all of `cpu`."
    )
    memory_request: Size | None = Field(
        default=None, description="Memory that is kept for it; empty for all of `memory`."
    )
    disk: Size | None = Field(
        default=None, description="What it may write to its node's own disk; empty for no limit."
    )
    labels: dict[LabelKey, LabelValue] = Field(default_factory=dict, description="More labels of its pods.")
    annotations: dict[LabelKey, str] = Field(
        default_factory=dict, description="More annotations of its pods."
    )
