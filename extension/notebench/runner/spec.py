"""What a run is asked to do, read from the environment and refused early when it is wrong."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from notebench.contract.errors import NotFound, Refused

RUN_VARIABLE = "NOTEBENCH_RUN_ID"
SPEC_VARIABLE = "NOTEBENCH_RUN_SPEC"
STATE_VARIABLE = "NOTEBENCH_RUN_STATE"
"""Tells the kernel where the run keeps its state, so that tracking can leave a mark there."""


@dataclass(frozen=True)
class RunSpec:
    """One run: absolute paths and parameters as values."""

    run: str
    notebook: Path
    output: Path
    state: Path
    parameters: dict[str, Any] = field(default_factory=dict)
    timeout_seconds: float | None = None
    attempt: int = 1


def read_spec(environ: Mapping[str, str]) -> RunSpec:
    """The run that the environment describes. Raises Refused where it describes none that may run."""
    try:
        raw = json.loads(environ.get(SPEC_VARIABLE, ""))
    except ValueError:
        raw = None
    if not isinstance(raw, dict) or not environ.get(RUN_VARIABLE):
        raise Refused(
            "The environment describes no notebook run.",
            "The runner is started by Notebench; to run a notebook yourself use: notebench run NOTEBOOK",
            code="run-spec-missing",
        )
    return RunSpec(
        run=environ[RUN_VARIABLE],
        notebook=_local(raw, "notebook"),
        output=_output(raw),
        state=_local(raw, "state"),
        parameters=_parameters(raw),
        timeout_seconds=raw.get("timeout_seconds"),
        attempt=int(environ.get("NOTEBENCH_ATTEMPT") or 1),
    )


def check_notebook(spec: RunSpec) -> None:
    """Refuse a run whose notebook is not there."""
    if not spec.notebook.is_file():
        raise NotFound(
            "There is no notebook {path}.",
            "Check the path, or save the notebook first.",
            code="notebook-missing",
            path=spec.notebook.name,
        )


def _local(raw: Mapping[str, Any], key: str) -> Path:
    value = raw.get(key)
    if not isinstance(value, str) or "\0" in value or re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", value):
        raise Refused(
            "The {field_name} of a run is a path, not {value}.",
            code="run-path",
            field=key,
            field_name=key,
            value=repr(value),
        )
    path = Path(value)
    if not path.is_absolute() or ".." in path.parts:
        raise Refused(
            "The {field_name} of a run is an absolute path without '..', not {value}.",
            code="run-path",
            field=key,
            field_name=key,
            value=repr(value),
        )
    return path


def _output(raw: Mapping[str, Any]) -> Path:
    path = _local(raw, "output")
    if path.suffix != ".ipynb" or path.is_symlink() or path.is_dir():
        raise Refused(
            "The output notebook {value} is not a plain .ipynb file.",
            code="run-path",
            field="output",
            value=repr(str(path)),
        )
    return path


def _parameters(raw: Mapping[str, Any]) -> dict[str, Any]:
    parameters = raw.get("parameters") or {}
    if not isinstance(parameters, dict):
        raise Refused("Parameters are a mapping of names to values.", code="parameters", field="parameters")
    return parameters
