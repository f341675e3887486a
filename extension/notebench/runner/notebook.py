"""papermill's bookkeeping of a notebook that runs, with an output file that is whole at every moment."""

import asyncio
import contextlib
import os
import time
from pathlib import Path
from typing import Any

import nbformat
from papermill.engines import NotebookExecutionManager
from papermill.execute import prepare_notebook_metadata, remove_error_markers
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

from notebench.contract.errors import Refused
from notebench.runner.parameters import check_source
from notebench.runner.spec import RunSpec

_SAVING_SHARE = 4  # a save that took t seconds is not repeated within 4·t seconds, except at the end


def load(spec: RunSpec) -> Any:
    """The notebook with its parameters, ready to run. Raises Refused before anything has run."""
    notebook = _read(spec.notebook)
    language = _language(notebook)
    if language != "python":
        raise Refused(
            "The notebook is written in {language}; this image runs Python notebooks.",
            "Choose an image with a kernel for it, or change the notebook's kernel.",
            code="notebook-language",
            language=language,
        )
    if spec.parameters:
        notebook = parameterize_notebook(
            notebook, spec.parameters, kernel_name="python3", language="python", comment="Parameters"
        )
        injected = next(c for c in notebook.cells if "injected-parameters" in c.metadata.get("tags", []))
        check_source(injected.source, spec.parameters)
    notebook = remove_error_markers(notebook)
    return prepare_notebook_metadata(notebook, str(spec.notebook), str(spec.output))


def _read(path: Path) -> Any:
    try:
        return load_notebook_node(str(path))
    except (ValueError, KeyError, AttributeError, nbformat.ValidationError) as error:
        raise Refused(
            "{path} is not a notebook: {problem}",
            "Open and save it in JupyterLab.",
            code="notebook-broken",
            path=path.name,
            problem=str(error)[:300],
        ) from error


def _language(notebook: Any) -> str:
    metadata = notebook.metadata
    named = metadata.get("kernelspec", {}).get("language") or metadata.get("language_info", {}).get("name")
    return str(named or "python").lower()


def write_notebook(notebook: Any, path: Path) -> None:
    """Replace the output file in one step, so that a reader or a crash never meets half a notebook."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        # Not nbformat.writes: checking the whole notebook after each cell costs more than the cell.
        temporary.write_text(nbformat.v4.writes_json(notebook) + "\n", encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


class Bookkeeper(NotebookExecutionManager):  # type: ignore[misc]
    """Marks cells as papermill does and saves after each, however large the notebook grows."""

    def __init__(self, notebook: Any, output: Path) -> None:
        self.output = output
        self._saved = 0.0
        self._cost = 0.0
        self._later: asyncio.TimerHandle | None = None
        super().__init__(notebook, output_path=str(output), progress_bar=False)

    def save(self, **kwargs: Any) -> None:
        """Save, unless saving has become so slow that it would hold up the cells."""
        self.nb: Any = kwargs.get("nb") or self.nb
        self.last_save_time = self.now()
        wait = self._saved + self._cost * _SAVING_SHARE - time.monotonic()
        if wait <= 0:
            self.save_now()
        elif self._later is None:  # a long cell may follow, and what is killed then must have been saved
            with contextlib.suppress(RuntimeError):  # no loop, so no cell that could run meanwhile
                self._later = asyncio.get_running_loop().call_later(wait, self._save_late)

    def _save_late(self) -> None:
        with contextlib.suppress(OSError):  # the next save that is waited for says so
            self.save_now()

    def save_now(self) -> None:
        """Save in any case."""
        if self._later:
            self._later.cancel()
            self._later = None
        begun = time.monotonic()
        write_notebook(self.nb, self.output)
        self._saved = time.monotonic()
        self._cost = self._saved - begun

    def notebook_complete(self, **kwargs: Any) -> None:
        """Finish; cells that never ran keep saying so, instead of papermill's "completed"."""
        pending = [cell for cell in self.nb.cells if cell.metadata.papermill["status"] == self.PENDING]
        self._cost = 0.0
        super().notebook_complete(**kwargs)
        if self.nb.metadata.papermill.get("exception"):
            for cell in pending:
                cell.metadata.papermill["status"] = self.PENDING
            self.save_now()
