"""The tags of every MLflow run that is logged from a session or a notebook run, without a key typed."""

import json
import os
from contextlib import suppress
from pathlib import Path

from mlflow.tracking.context.abstract_context import RunContextProvider
from mlflow.utils.mlflow_tags import MLFLOW_SOURCE_NAME, MLFLOW_SOURCE_TYPE, MLFLOW_USER

from notebench.contract import tags
from notebench.layer import added_words
from notebench.tracking.git import checked_out
from notebench.tracking.notebook import notebook_file, notebook_hash, notebook_name

_FROM_ENVIRONMENT = {
    tags.USER: "NOTEBENCH_USER",
    tags.ACTING_FOR: "NOTEBENCH_ACTING_FOR",
    tags.SESSION: "NOTEBENCH_SESSION_ID",
    tags.NOTEBOOK_RUN: "NOTEBENCH_RUN_ID",
    tags.IDENTITY: "NOTEBENCH_IMAGE_IDENTITY",
    tags.PROFILE: "NOTEBENCH_PROFILE",
    MLFLOW_USER: "NOTEBENCH_USER",
}


class NotebenchContext(RunContextProvider):  # type: ignore[misc]
    """User, project, session, image, profile, added packages, notebook and commit."""

    def in_context(self) -> bool:
        return bool(os.environ.get("NOTEBENCH_USER"))

    def tags(self) -> dict[str, str]:
        _leave_mark()
        found = {tag: os.environ.get(variable, "") for tag, variable in _FROM_ENVIRONMENT.items()}
        found[tags.IMAGE] = _image()
        found[tags.ADDED] = _added()
        found.update(_notebook())
        return {tag: value[: tags.VALUE_LIMIT] for tag, value in found.items() if value}


def _image() -> str:
    words = (os.environ.get("NOTEBENCH_IMAGE", ""), os.environ.get("NOTEBENCH_IMAGE_VERSION", ""))
    return " ".join(word for word in words if word)


def _added() -> str:
    """The added packages as JSON, cut to whole entries."""
    words = list(added_words())
    while len(text := json.dumps(words, separators=(",", ":"))) > tags.VALUE_LIMIT:
        words.pop()
    return text


def _notebook() -> dict[str, str]:
    file = notebook_file()
    if file is None:
        return {}
    commit = checked_out(file.parent)
    return {
        tags.NOTEBOOK: notebook_name(file),
        tags.NOTEBOOK_HASH: notebook_hash(file),
        tags.GIT_COMMIT: commit.commit if commit else "",
        tags.GIT_DIRTY: str(commit.dirty).lower() if commit else "",
        MLFLOW_SOURCE_NAME: notebook_name(file),
        MLFLOW_SOURCE_TYPE: "NOTEBOOK",
    }


def _leave_mark() -> None:
    """Tell the runner that this notebook run logs to MLflow; see `notebench.runner.tracked`."""
    state = os.environ.get("NOTEBENCH_RUN_STATE")
    if state:
        with suppress(OSError):
            (Path(state) / "mlflow-used").touch()
