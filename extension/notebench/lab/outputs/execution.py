"""One execution of a cell, as its messages tell it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from notebench.contract.base import Json
from notebench.contract.outputs import ExecutionState, KeptExecution

LARGEST = 16 * 2**20
"""Characters of one execution's outputs; what is older is left out."""

_OUTPUTS = {"stream", "display_data", "execute_result", "error"}


@dataclass
class Execution:
    """What was asked, and what has come of it so far."""

    request: str
    client: str
    cell: str
    code: str
    state: ExecutionState = ExecutionState.queued
    count: int | None = None
    ended: datetime | None = None
    cut: bool = False
    size: int = 0
    """Characters of all outputs, about."""
    _outputs: list[Json] = field(default_factory=list)
    _pieces: list[list[str]] = field(default_factory=list)
    """Of each output: the pieces of its text for a stream, nothing for the others."""
    _displays: dict[str, list[int]] = field(default_factory=dict)
    _clear_next: bool = False

    @property
    def over(self) -> bool:
        """Nothing more will come."""
        return self.state not in (ExecutionState.queued, ExecutionState.running)

    def hear(self, kind: str, content: Json) -> None:
        """One message of the kernel about this execution."""
        if kind == "status":
            self._status(str(content.get("execution_state", "")))
        elif kind == "execute_input":
            self.count = content.get("execution_count")
        elif kind == "clear_output":
            self._clear_next = bool(content.get("wait"))
            if not self._clear_next:
                self._clear()
        elif kind == "update_display_data":
            self.update(content)
        elif kind in _OUTPUTS:
            self._add(kind, content)

    def reply(self, content: Json) -> None:
        """The kernel's answer on the shell channel: for an execution that was never begun the only one."""
        if content.get("status") == "aborted":
            self.end(ExecutionState.aborted)

    def end(self, state: ExecutionState) -> None:
        """Say how it ended, once."""
        if not self.over:
            self.state, self.ended = state, datetime.now(UTC)

    def update(self, content: Json) -> None:
        """A display that was shown before, here or in another cell, shows something else now."""
        name = str((content.get("transient") or {}).get("display_id", ""))
        for index in self._displays.get(name, []):
            shown = self._outputs[index]
            shown["data"], shown["metadata"] = content.get("data", {}), content.get("metadata", {})

    def kept(self) -> KeptExecution:
        """As it is told to the browser."""
        return KeptExecution(
            request=self.request,
            client=self.client,
            cell=self.cell,
            code=self.code,
            state=self.state,
            count=self.count,
            ended=self.ended,
            cut=self.cut,
            outputs=list(self._told()),
        )

    def _told(self) -> Iterator[Json]:
        for output, pieces in zip(self._outputs, self._pieces, strict=True):
            yield {**output, "text": "".join(pieces)} if output["output_type"] == "stream" else output

    def _status(self, state: str) -> None:
        if state == "busy" and not self.over:
            self.state = ExecutionState.running
        elif state == "idle":
            failed = any(output["output_type"] == "error" for output in self._outputs)
            self.end(ExecutionState.error if failed else ExecutionState.ok)

    def _add(self, kind: str, content: Json) -> None:
        if self._clear_next:
            self._clear_next = False
            self._clear()
        last = self._outputs[-1] if self._outputs else {}
        if kind == "stream" and last.get("output_type") == "stream" and last["name"] == content.get("name"):
            self._pieces[-1].append(str(content.get("text", "")))
        else:
            name = str((content.get("transient") or {}).get("display_id", ""))
            if name:
                self._displays.setdefault(name, []).append(len(self._outputs))
            self._outputs.append(_output(kind, content))
            self._pieces.append([str(content.get("text", ""))] if kind == "stream" else [])
        self.size += _size(content)
        while self.size > LARGEST and self._drop_oldest():
            self.cut = True

    def _drop_oldest(self) -> bool:
        """Leave out the oldest piece; False when only one is left."""
        if self._pieces and len(self._pieces[0]) > 1:
            self.size -= len(self._pieces[0].pop(0))
            return True
        if len(self._outputs) < 2:
            return False
        self.size -= _size(self._outputs.pop(0)) + sum(map(len, self._pieces.pop(0)))
        for name, indexes in list(self._displays.items()):
            self._displays[name] = [index - 1 for index in indexes if index]
        return True

    def _clear(self) -> None:
        self._outputs, self._pieces, self._displays = [], [], {}
        self.size, self.cut = 0, False


def _output(kind: str, content: Json) -> Json:
    match kind:
        case "stream":
            return {"output_type": kind, "name": content.get("name", "stdout")}
        case "error":
            names = ("ename", "evalue", "traceback")
            return {"output_type": kind, **{name: content.get(name) for name in names}}
        case "execute_result":
            count = {"execution_count": content.get("execution_count")}
            return {"output_type": kind, **_shown(content), **count}
        case _:
            return {"output_type": kind, **_shown(content)}


def _shown(content: Json) -> Json:
    return {"data": content.get("data", {}), "metadata": content.get("metadata", {})}


def _size(value: Any) -> int:
    """Characters in a tree of JSON, about."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(map(_size, value.values()))
    return sum(map(_size, value)) if isinstance(value, list) else 1
