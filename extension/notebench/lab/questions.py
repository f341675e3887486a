"""What only the Jupyter server can answer: what this session is, and what a notebook asks for."""

import asyncio
from pathlib import Path
from typing import Any

from jupyter_server.utils import to_os_path
from tornado import web

from notebench.contract.errors import NotFound, Refused
from notebench.contract.runs import NotebookParameters, ParameterInfo
from notebench.lab.answers import Handler
from notebench.lab.surroundings import surroundings
from notebench.whereabouts import session_here

TAG = "parameters"
LARGEST_NOTEBOOK = 50_000_000
"""Most bytes of a notebook that is read for its parameters."""


class HereHandler(Handler):
    """`GET /notebench/here`."""

    @web.authenticated
    async def get(self) -> None:
        await self.guarded(self._here())

    async def _here(self) -> None:
        surroundings()  # refuses where Notebench is not
        self.say(await asyncio.to_thread(session_here))


class ParametersHandler(Handler):
    """`GET /notebench/parameters?path=`: the path is the contents manager's."""

    @web.authenticated
    async def get(self) -> None:
        await self.guarded(self._parameters())

    async def _parameters(self) -> None:
        path = self.get_query_argument("path", "")
        root = self.settings["server_root_dir"]
        self.say(await asyncio.to_thread(lambda: parameters(notebook_file(root, path), path)))


def notebook_file(root: str, path: str) -> Path:
    """The file below `root`. Raises Refused for what is no notebook there, NotFound for what is nothing."""
    below = Path(root).expanduser().resolve()
    try:
        file = Path(to_os_path(path, str(below))).resolve()
        there = file.is_file()
    except (OSError, ValueError):
        file, there = below, False  # a name that no file can have: too long, or with a NUL in it
    if not file.is_relative_to(below) or file.suffix != ".ipynb":
        raise Refused(
            "{path} is not the path of a notebook in your files.",
            "Name a file that ends in .ipynb, relative to your home.",
            code="notebook-path",
            field="path",
            path=path[:200],
        )
    if not there:
        raise NotFound(
            "There is no notebook {path}.", "Save it first, or check its name.", field="path", path=path[:200]
        )
    return file


def parameters(file: Path, path: str) -> NotebookParameters:
    """What papermill reads from the parameters cell. Raises Refused for a file that is not a notebook."""
    if file.stat().st_size > LARGEST_NOTEBOOK:
        raise Refused(
            "{path} is too large to be read for its parameters.", "Clear its outputs and save it.", path=path
        )
    import nbformat

    try:
        notebook = nbformat.read(str(file), as_version=4)
    except (ValueError, KeyError, AttributeError, nbformat.ValidationError) as error:
        raise Refused(
            "{path} cannot be read as a notebook.", "Open and save it in JupyterLab.", path=path
        ) from error
    cell = next((cell for cell in notebook.cells if TAG in cell.metadata.get("tags", [])), None)
    found = _inspect(notebook, cell) if cell is not None else []
    return NotebookParameters(notebook=path, has_cell=cell is not None, parameters=found)


def _inspect(notebook: Any, cell: Any) -> list[ParameterInfo]:
    """Nothing for a language that papermill cannot read: the form then takes names and values."""
    from papermill.exceptions import PapermillException
    from papermill.translators import papermill_translators

    spec = notebook.metadata.get("kernelspec", {})
    language = spec.get("language") or notebook.metadata.get("language_info", {}).get("name", "python")
    try:
        translator = papermill_translators.find_translator(spec.get("name", "python3"), language)
        found = translator.inspect(cell)
    except (PapermillException, NotImplementedError):
        return []
    return [
        ParameterInfo(
            name=each.name, default=each.default, type=_known(each.inferred_type_name), help=each.help
        )
        for each in found
    ]


def _known(word: str) -> str:
    return "" if word == "None" else word
