"""Notebook runs with real kernels: outputs, failures, parameters, stopping, reports, and the API away."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
import pytest
from notebench.contract.runs import RunReport, RunState

from tests.extension.standin import StandIn


def notebook(folder: Path, *sources: str, language: str = "python") -> Path:
    """A notebook of code cells; the first is its parameters cell."""
    cells = [nbformat.v4.new_markdown_cell("# Title"), *map(nbformat.v4.new_code_cell, sources)]
    cells[1].metadata["tags"] = ["parameters"]
    made = nbformat.v4.new_notebook(cells=cells)
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "x", "language": language}
    path = folder / "home" / "work" / "note.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(made, path)
    return path


class Started:
    """One run of the runner, as the service starts it."""

    def __init__(self, folder: Path, source: Path, api: str = "", **more: Any) -> None:
        self.output = folder / "home" / "runs" / "note" / "out.ipynb"
        self.state = folder / "state"
        spec = {
            "notebook": str(source),
            "output": str(self.output),
            "state": str(self.state),
            "parameters": {},
            **more,
        }
        env = {**os.environ, "NOTEBENCH_RUN_ID": "r1", "NOTEBENCH_RUN_SPEC": json.dumps(spec)}
        if api:
            env |= {"NOTEBENCH_API_URL": api, "NOTEBENCH_TOKEN": "nbt_run_x"}
        command = [sys.executable, "-m", "notebench.runner"]
        self.process = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True)

    def end(self, seconds: float = 60) -> int:
        _, self.log = self.process.communicate(timeout=seconds)
        return self.process.returncode

    def report(self) -> RunReport:
        return RunReport.model_validate_json((self.state / "report.json").read_bytes())

    def cells(self) -> list[Any]:
        return nbformat.read(self.output, as_version=4).cells

    def wait_for(self, cell: int) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if (self.state / "report.json").exists() and self.report().progress.cell >= cell:
                return
            time.sleep(0.05)
        raise AssertionError("the cell was not reached")


def texts(cell: Any) -> str:
    return "".join(output.get("text", "") for output in cell.get("outputs", []))


def test_a_run_succeeds_with_its_parameters(tmp_path):
    source = notebook(tmp_path, "n = 1; word = ''", "print(n + 1, word)", "import os; print(os.getcwd())")
    before = source.read_bytes()
    run = Started(tmp_path, source, parameters={"n": 41, "word": 'a"\n{b}'})
    assert run.end() == 0, run.log
    report, cells = run.report(), run.cells()
    assert (report.state, report.progress.cell, report.progress.cells) == (RunState.succeeded, 4, 4)
    assert texts(cells[3]) == '42 a"\n{b}\n'
    assert texts(cells[4]).strip() == str(source.parent)
    assert source.read_bytes() == before
    assert [path.name for path in run.output.parent.iterdir()] == ["out.ipynb"]


def test_a_failure_names_its_cell_and_keeps_the_output(tmp_path):
    run = Started(
        tmp_path,
        notebook(tmp_path, "x = 1", "print('seen')", "raise ValueError('wrong \\x1b[31mred')", "y = 2"),
    )
    assert run.end() == 1
    report, cells = run.report(), run.cells()
    failure = report.failure
    assert (report.state, failure.error, failure.message) == (RunState.failed, "ValueError", "wrong red")
    assert cells[failure.index].source == failure.source
    assert "raise ValueError" in failure.source
    assert not any("\x1b" in line for line in failure.traceback)
    assert "papermill" in cells[0].source  # its banner at the top
    assert cells[-1].execution_count is None
    assert any(texts(cell) == "seen\n" for cell in cells)


def test_sys_exit_zero_is_a_success_as_papermill_has_it(tmp_path):
    run = Started(tmp_path, notebook(tmp_path, "import sys", "sys.exit(0)"))
    assert run.end() == 0
    assert run.report().state is RunState.succeeded


def test_a_killed_kernel_is_a_failure_with_its_cell(tmp_path):
    run = Started(tmp_path, notebook(tmp_path, "x = 1", "import os; os.kill(os.getpid(), 9)", "y = 2"))
    assert run.end() == 1
    assert run.report().failure.error == "DeadKernelError"
    assert "memory" in run.report().failure.message


@pytest.mark.parametrize(
    ("more", "language"),
    [
        ({"parameters": {"x;y": 1}}, "python"),
        ({"output": "/tmp/x.txt"}, "python"),
        ({}, "R"),
        ({"output": "s3://bucket/x.ipynb"}, "python"),
        ({"notebook": "/nowhere/x.ipynb"}, "python"),
        ({"output": "/tmp/a/../../x.ipynb"}, "python"),
        ({"notebook": "https://example.org/x.ipynb"}, "python"),
    ],
)
def test_refused_before_anything_runs(tmp_path, more, language):
    source = notebook(tmp_path, f"open({str(tmp_path / 'ran')!r}, 'w')", language=language)
    run = Started(tmp_path, source, **more)
    assert run.end() == 2
    assert run.log.strip()
    assert "Traceback" not in run.log
    assert not (tmp_path / "ran").exists()


def test_a_broken_notebook_is_refused(tmp_path):
    source = notebook(tmp_path, "x = 1")
    source.write_text("{not json")
    run = Started(tmp_path, source)
    assert run.end() == 2
    assert "note.ipynb is not a notebook" in run.report().reason


def test_sigterm_interrupts_and_keeps_what_there_is(tmp_path):
    cell = (
        "import time\ntry:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    print('cleaned up')\n    raise"
    )
    run = Started(tmp_path, notebook(tmp_path, "print('first')", cell, "never = 1"))
    run.wait_for(2)
    time.sleep(0.3)
    run.process.send_signal(signal.SIGTERM)
    assert run.end(20) == 143
    assert run.report().state is RunState.cancelled
    written = "".join(map(texts, run.cells()))
    assert "first" in written
    assert "cleaned up" in written


def test_a_cell_that_does_not_listen_is_ended(tmp_path):
    deaf = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    stubborn = deaf + "print('deaf', flush=True)\ntime.sleep(90)"
    run = Started(tmp_path, notebook(tmp_path, "x = 1", stubborn))
    run.wait_for(2)
    time.sleep(0.5)
    run.process.send_signal(signal.SIGTERM)
    assert run.end(40) == 143
    assert run.report().state is RunState.cancelled
    assert any("deaf" in texts(cell) for cell in run.cells())


def test_a_timeout_is_told_as_one(tmp_path):
    run = Started(tmp_path, notebook(tmp_path, "x = 1", "import time; time.sleep(60)"), timeout_seconds=3)
    assert run.end(40) == 124
    assert run.report().state is RunState.timed_out
    assert "3 seconds" in run.report().reason


def test_the_output_is_there_while_cells_run(tmp_path):
    run = Started(tmp_path, notebook(tmp_path, "print('early')", "import time; time.sleep(20)"))
    run.wait_for(2)
    assert any("early" in texts(cell) for cell in run.cells())
    run.process.terminate()
    run.end(20)


def test_reports_arrive_in_order_and_the_last_is_final(tmp_path):
    api = StandIn(lambda asked: (200, {}))
    run = Started(tmp_path, notebook(tmp_path, *["x = 1"] * 12), api.url + "/api/v1")
    assert run.end() == 0, run.log
    api.close()
    reports = [RunReport.model_validate(asked.json) for asked in api.asked]
    assert {asked.path for asked in api.asked} == {"/api/v1/runs/r1/report"}
    assert api.asked[0].headers["authorization"] == "Bearer nbt_run_x"
    assert [r.sequence for r in reports] == sorted({r.sequence for r in reports})
    assert reports[-1].state is RunState.succeeded
    assert len(reports) < 10


def test_a_run_goes_on_while_the_api_is_away_and_reports_when_it_is_back(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    run = Started(tmp_path, notebook(tmp_path, "x = 1", "y = 2"), f"http://127.0.0.1:{port}/api/v1")
    run.wait_for(2)
    deadline = time.monotonic() + 20
    while run.report().state is not RunState.succeeded and time.monotonic() < deadline:
        time.sleep(0.1)
    assert run.report().state is RunState.succeeded
    assert run.process.poll() is None  # it waits to tell
    from http.server import ThreadingHTTPServer

    api = StandIn(lambda asked: (200, {}))
    back = ThreadingHTTPServer(("127.0.0.1", port), api.server.RequestHandlerClass)
    import threading

    threading.Thread(target=back.serve_forever, daemon=True).start()
    assert run.end(40) == 0
    assert api.asked[-1].json["state"] == "succeeded"
    back.shutdown()
    api.close()


def test_a_run_that_the_api_gave_up_ends(tmp_path):
    api = StandIn(lambda asked: (403, {}))
    run = Started(tmp_path, notebook(tmp_path, "x = 1", "import time; time.sleep(120)"), api.url + "/api/v1")
    assert run.end(60) == 143
    assert "no longer wants" in run.report().reason
    api.close()


def test_mlflow_runs_of_the_notebook_are_found(tmp_path):
    def answer(asked):
        if asked.path.endswith("experiments/search"):
            return 200, {"experiments": [{"experiment_id": "7"}]}
        if asked.path.endswith("runs/search"):
            assert "tags.`notebench.notebook_run` = 'r1'" in asked.json["filter"]
            return 200, {"runs": [{"info": {"run_id": "abc"}}]}
        return 200, {}

    api = StandIn(answer)
    os.environ["MLFLOW_TRACKING_URI"] = api.url + "/mlflow"
    try:
        cell = "import os, pathlib; (pathlib.Path(os.environ['NOTEBENCH_RUN_STATE']) / 'mlflow-used').touch()"
        run = Started(tmp_path, notebook(tmp_path, "x = 1", cell), api.url + "/api/v1")
        assert run.end() == 0, run.log
        assert run.report().mlflow_runs == ["abc"]
    finally:
        del os.environ["MLFLOW_TRACKING_URI"]
        api.close()


def test_progress_is_a_widget_in_notebooks(tmp_path):
    cell = (
        "from notebench.progress import watching\nwith watching('Deploying <b>') as show: show('half', 0.5)"
    )
    run = Started(tmp_path, notebook(tmp_path, "x = 1", cell))
    assert run.end() == 0, run.log
    written = nbformat.read(run.output, as_version=4)
    outputs = [output for made in written.cells for output in made.get("outputs", [])]
    assert any("application/vnd.jupyter.widget-view+json" in output.get("data", {}) for output in outputs)
    assert "Deploying &lt;b&gt;" in json.dumps(written.metadata["widgets"])
