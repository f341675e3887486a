"""Listens to the kernels of a session and remembers the newest execution of each of their cells."""

import logging
from collections.abc import Mapping
from typing import Any

from notebench.contract.base import Json
from notebench.contract.outputs import ExecutionState, KeptOutputs
from notebench.lab.outputs.execution import Execution

log = logging.getLogger(__name__)

LARGEST = 64 * 2**20
"""Characters of all outputs of one kernel; executions that ended longest ago are forgotten first."""


class Kernel:
    """What one kernel was asked and has said."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.executions: dict[str, Execution] = {}

    def ask(self, execution: Execution) -> None:
        """A page has asked for an execution: what the cell showed before is over."""
        for known in list(self.executions.values()):
            if known.cell == execution.cell:
                del self.executions[known.request]
        self.executions[execution.request] = execution

    def hear(self, kind: str, request: str, content: Json) -> None:
        """A message on the kernel's public channel."""
        if kind == "update_display_data":  # may be about what any cell shows
            for each in self.executions.values():
                each.update(content)
        elif execution := self.executions.get(request):
            execution.hear(kind, content)
            self._forget_old()

    def _forget_old(self) -> None:
        over = [each for each in self.executions.values() if each.over]
        while over and sum(each.size for each in self.executions.values()) > LARGEST:
            del self.executions[over.pop(0).request]

    def lose(self) -> None:
        """The process was ended: what ran will not end by itself."""
        for each in self.executions.values():
            each.end(ExecutionState.lost)


class Keeper:
    """The kernels of this Jupyter server. `kernels` is its kernel manager."""

    def __init__(self, kernels: Any) -> None:
        self._kernels = kernels
        self._known: dict[str, Kernel] = {}

    async def acted(self, logger: Any, schema_id: str, data: Mapping[str, Any]) -> None:
        """Jupyter's event of a kernel that was started, restarted, interrupted or shut down."""
        kernel = str(data.get("kernel_id", ""))
        if data.get("status") != "success":
            return
        match data.get("action"):
            case "start":
                self._listen(kernel)
            case "restart" if known := self._known.get(kernel):
                known.lose()
            case "shutdown":
                self._forget(kernel)

    def asked(self, kernel: str, header: Json, metadata: Json, content: Json) -> None:
        """A page sent `execute_request`; without a cell's id it is no cell's, and nothing is kept."""
        cell, request = metadata.get("cellId"), header.get("msg_id")
        if not isinstance(cell, str) or not isinstance(request, str) or content.get("silent"):
            return
        known = self._listen(kernel)
        if known:
            client, code = str(header.get("session", "")), str(content.get("code", ""))
            known.ask(Execution(request=request, client=client, cell=cell, code=code))

    def answered(self, kernel: str, request: str, content: Json) -> None:
        """The kernel's `execute_reply`."""
        if (known := self._known.get(kernel)) and (execution := known.executions.get(request)):
            execution.reply(content)

    def kept(self, kernel: str) -> KeptOutputs:
        """What is remembered of a kernel; nothing for one that is not known."""
        known = self._known.get(kernel)
        return KeptOutputs(executions=[each.kept() for each in known.executions.values()] if known else [])

    def _listen(self, kernel: str) -> Kernel | None:
        """Begin to listen, once; None for a kernel that is not there."""
        for name in [name for name in self._known if name not in self._kernels]:
            self._forget(name)
        if kernel in self._known or kernel not in self._kernels:
            return self._known.get(kernel)
        manager = self._kernels.get_kernel(kernel)
        session, stream = manager.session.clone(), manager.connect_iopub()
        self._known[kernel] = known = Kernel(stream)

        def hear(parts: list[Any]) -> None:
            try:
                _, rest = session.feed_identities(parts)
                message = session.deserialize(rest)
                request = (message.get("parent_header") or {}).get("msg_id", "")
                known.hear(message["header"]["msg_type"], request, message["content"])
            except (ValueError, KeyError, TypeError) as error:  # a kernel may say anything
                log.warning("A message of kernel %s was not understood: %r", kernel, error)

        stream.on_recv(hear)
        return known

    def _forget(self, kernel: str) -> None:
        known = self._known.pop(kernel, None)
        if known and not known.stream.closed():
            known.stream.on_recv(None)
            known.stream.close()
