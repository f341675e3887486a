"""How people write things: model references, notebook paths, and names for addresses."""

import os
import re
from pathlib import Path

from notebench.contract.errors import Refused


def model_reference(text: str) -> tuple[str, str]:
    """Model and version of `MODEL`, `MODEL/3`, `MODEL@alias` or `models:/…`; empty: the newest."""
    found = re.fullmatch(r"(?:models:/)?([^/@]+)(?:/(\d+)|/?(@[^/@]+))?", text)
    if not found:
        raise Refused(
            "{text} is not a model.",
            "Write MODEL, MODEL/version or MODEL@alias.",
            code="model-reference",
            text=repr(text),
        )
    return found[1], found[2] or found[3] or ""


def deployment_name(model: str) -> str:
    """A name for an address, made from a model's."""
    return re.sub(r"[^a-z0-9]+", "-", model.lower()).strip("-")[:40].strip("-") or "model"


def home_path(notebook: str | Path) -> str:
    """The notebook's path relative to the home, with `/`, as the service wants it.

    Inside a session or a run, paths are relative to the current directory; elsewhere they are taken as
    relative to the home already, because the files are not here.
    """
    if not (os.environ.get("NOTEBENCH_SESSION_ID") or os.environ.get("NOTEBENCH_RUN_ID")):
        return Path(notebook).as_posix()
    home = Path.home().resolve()
    path = (Path.cwd() / notebook).resolve()
    if not path.is_relative_to(home):
        raise Refused(
            "{path} is not in your files.",
            "Notebooks that run are below {home}.",
            code="notebook-outside",
            path=str(notebook),
            home=str(home),
        )
    return path.relative_to(home).as_posix()
