"""`python -m notebench.runner`: execute the run that the environment describes.

Exit codes: 0 succeeded, 1 failed, 2 refused before anything ran, 124 timed out, 143 cancelled.
"""

import asyncio
import errno
import os
import sys
import tempfile
from pathlib import Path

from notebench.contract.errors import NotebenchError
from notebench.contract.runs import RunState
from notebench.layer import added_packages
from notebench.pod import IN_POD
from notebench.runner.parameters import check_parameters
from notebench.runner.report import Poster, Reporter
from notebench.runner.spec import STATE_VARIABLE, RunSpec, check_notebook, read_spec

_FINAL_REPORT = 20.0  # seconds that the last report may take; the service reads it from disk after that
_FINAL_REPORT_OF_POD = 45.0  # nobody reads its disk; less than what is left after its time limit
HOME_FULL = (
    "Your home is full: the output notebook could not be written; what was written before is kept. Delete "
    "what you do not need, then run it again."
)
_EXIT = {RunState.succeeded: 0, RunState.failed: 1, RunState.timed_out: 124, RunState.cancelled: 143}

# Leave out what papermill and nbformat import if they find it and a notebook run never needs: a grammar
# compiled at import (0.7 s) and a file system for clusters (0.2 s). Only in this process, not in the kernel.
for _module in ("rfc3987_syntax", "pyarrow", "pyarrow.fs", "boto3", "gcsfs"):
    sys.modules.setdefault(_module, None)  # type: ignore[arg-type]


async def execute(spec: RunSpec, reporter: Reporter) -> tuple[RunState, str]:
    """Run it; the final report is in `reporter` afterwards."""
    check_notebook(spec)
    check_parameters(spec.parameters)
    from notebench.runner.kernel import RunKernel
    from notebench.runner.stopping import Stopping

    kernel = RunKernel(spec.state)
    stopping = Stopping(kernel)
    reporter.on_given_up(lambda: stopping.stop_soon("The service no longer wants this attempt."))
    book = None
    try:
        stopping.listen(spec.timeout_seconds)
        # First the kernel, then papermill's imports: they take about as long and run at the same time.
        env = {"NOTEBENCH_NOTEBOOK": str(spec.notebook), STATE_VARIABLE: str(spec.state)}
        await kernel.start(spec.notebook.parent, env)
        from notebench.runner.execution import Execution
        from notebench.runner.notebook import Bookkeeper, load

        notebook = load(spec)
        book = Bookkeeper(notebook, spec.output)
        reporter.update(state=RunState.running, added=added_packages())
        execution = Execution(notebook, book, kernel, stopping, lambda p: reporter.update(progress=p))
        outcome = await execution.run()
        final = {"state": outcome.state, "reason": outcome.reason, "failure": outcome.failure}
    finally:
        # Nothing has run in it: interrupted in its imports, it would write a traceback into the run's log.
        await kernel.stop(now=book is None)
    from notebench.runner.tracked import mlflow_runs

    reporter.update(mlflow_runs=mlflow_runs(spec.state, spec.run), **final)
    return outcome.state, outcome.reason


def main() -> int:
    """Execute and report. Returns the exit code."""
    try:
        spec = read_spec(os.environ)
        spec.state.mkdir(parents=True, exist_ok=True)
        spec.output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        print(error, file=sys.stderr)
        return _cannot_begin(spec, error)
    except NotebenchError as error:
        print(error, file=sys.stderr)
        return 2
    reporter = Reporter(spec.state, _poster(spec))
    code = _run(spec, reporter)
    reporter.close(_FINAL_REPORT_OF_POD if os.environ.get(IN_POD) else _FINAL_REPORT)
    return code


def _cannot_begin(spec: RunSpec, error: OSError) -> int:
    """Say why from elsewhere: where reports are usually kept nothing can be written."""
    with tempfile.TemporaryDirectory() as elsewhere:
        reporter = Reporter(Path(elsewhere), _poster(spec))
        reporter.update(state=RunState.failed, reason=_unwritten(error))
        reporter.close(_FINAL_REPORT)
    return 1


def _unwritten(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return HOME_FULL
    return f"The output notebook could not be written: {error.strerror or error}."


def _run(spec: RunSpec, reporter: Reporter) -> int:
    try:
        state, reason = asyncio.run(execute(spec, reporter))
        print(f"{spec.notebook.name}: {state}. {reason}".strip(), file=sys.stderr)
        return _EXIT[state]
    except NotebenchError as error:
        reason, code = str(error), 2
    except OSError as error:
        reason, code = _unwritten(error), 1
    except Exception as error:  # the run must say how it ended, whatever happened
        reason, code = f"The runner failed: {type(error).__name__}: {error}", 1
    print(reason, file=sys.stderr)
    reporter.update(state=RunState.failed, reason=reason)
    return code


def _poster(spec: RunSpec) -> Poster | None:
    base, token = os.environ.get("NOTEBENCH_API_URL", ""), os.environ.get("NOTEBENCH_TOKEN", "")
    return Poster(f"{base.rstrip('/')}/runs/{spec.run}/report", token) if base else None


if __name__ == "__main__":
    sys.exit(main())
