"""Executes the cells, one after the other, and tells how the run ended."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from nbclient.exceptions import CellExecutionError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.exceptions import PapermillExecutionError
from papermill.execute import ERROR_MARKER_TAG, raise_for_execution_errors

from notebench.contract.runs import CellFailure, Progress, RunState
from notebench.runner.failure import cell_failure, failed_index
from notebench.runner.kernel import RunKernel
from notebench.runner.notebook import Bookkeeper
from notebench.runner.stopping import Stopping


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    state: RunState
    reason: str = ""
    failure: CellFailure | None = None


class Execution:
    """One notebook in one kernel. The output notebook is written whatever happens."""

    def __init__(
        self,
        notebook: Any,
        book: Bookkeeper,
        kernel: RunKernel,
        stopping: Stopping,
        on_progress: Callable[[Progress], None],
    ) -> None:
        self.book = book
        self.kernel = kernel
        self.stopping = stopping
        self.on_progress = on_progress
        self.client = PapermillNotebookClient(book, km=kernel.manager, timeout=None, startup_timeout=120)
        self._code = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
        self._died_in: int | None = None

    async def run(self) -> Outcome:
        """Execute all cells. Raises OSError where the output notebook cannot be written."""
        self.book.notebook_start()
        try:
            await self._ready()
            await self._cells()
        finally:
            self.client.set_widgets_metadata()
            self.book.notebook_complete()
        return await self._outcome()

    async def _ready(self) -> None:
        await self.client.async_start_new_kernel_client()
        message = await self.client.kc.kernel_info(reply=True)
        self.book.nb.metadata["language_info"] = message["content"]["language_info"]

    async def _cells(self) -> None:
        self._tell(0)
        for index, cell in enumerate(self.book.nb.cells):
            if self.stopping.why:
                self.book.nb.metadata.papermill["exception"] = True
                return
            if cell.cell_type != "code":
                cell.metadata.papermill["status"] = self.book.COMPLETED
            elif not await self._cell(index):
                return

    async def _cell(self, index: int) -> bool:
        """Execute one code cell. False where the notebook ends here."""
        cell = self.book.nb.cells[index]
        self._tell(self._code.index(index) + 1)
        self.book.cell_start(cell, index)
        try:
            await self.client.async_execute_cell(cell, index)
        except CellExecutionError:
            self.book.cell_exception(cell, index)
            return False
        except DeadKernelError:
            self._died_in = index
            self.book.cell_exception(cell, index)
            return False
        finally:
            self.book.cell_complete(cell, index)
        return True

    def _tell(self, number: int) -> None:
        started = datetime.now(UTC) if number else None
        self.on_progress(Progress(cell=number, cells=len(self._code), cell_started=started))

    async def _outcome(self) -> Outcome:
        failure = await self._failure()
        if self.stopping.why:
            return Outcome(self.stopping.state, self.stopping.why)
        if failure:
            return Outcome(RunState.failed, f"{failure.error} in cell {failure.index + 1}.", failure)
        return Outcome(RunState.succeeded)

    async def _failure(self) -> CellFailure | None:
        """papermill decides what a failure is and puts its banners in; we only write the file."""
        notebook = self.book.nb
        try:
            raise_for_execution_errors(notebook, None)
        except PapermillExecutionError as error:
            self.book.save_now()
            index = failed_index(notebook, error.cell_index, ERROR_MARKER_TAG)
            if self._died_in is not None:
                return cell_failure(index, error.source, "DeadKernelError", await self._death(), [])
            return cell_failure(index, error.source, error.ename, error.evalue, list(error.traceback))
        return None

    async def _death(self) -> str:
        await asyncio.sleep(0)
        code = await self.kernel.exit_code()
        if code == -9:
            return "The kernel was killed, most likely because it needed more memory than the profile has."
        return "The kernel died while this cell ran" + (f" (exit code {code})." if code is not None else ".")
