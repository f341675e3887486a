"""What cells have printed, also while no browser listened; only a session's Jupyter server says it."""

from enum import StrEnum

from pydantic import Field

from notebench.contract.base import Answer, Json, Moment


class ExecutionState(StrEnum):
    """How far an execution is. `lost`: its kernel ended or was restarted meanwhile."""

    queued = "queued"
    running = "running"
    ok = "ok"
    error = "error"
    aborted = "aborted"
    lost = "lost"


class KeptExecution(Answer):
    """The newest execution of one cell by a running kernel."""

    request: str
    """Id of the message that asked for it."""
    client: str
    """Id of the page's kernel connection that asked for it."""
    cell: str
    """The cell's id in its notebook."""
    code: str
    state: ExecutionState
    count: int | None = None
    """The number in the cell's prompt."""
    ended: Moment | None = None
    cut: bool = False
    """True when the beginning of the outputs was left out because they were too large."""
    outputs: list[Json] = Field(default_factory=list)
    """As nbformat 4 says them; neighbouring pieces of one stream are joined."""


class KeptOutputs(Answer):
    """`GET /notebench/outputs/{kernel}` of the session's Jupyter server, in the order they were asked for."""

    executions: list[KeptExecution] = Field(default_factory=list)
