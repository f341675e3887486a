"""F10: the runner killed in the middle of a notebook: its output so far is kept, its state true within 30 s.

Nothing runs it again by itself: a schedule's next fire time does, or a person. How often a run is tried is
not a setting yet.
"""

import os
import random
import signal
import time
from pathlib import Path

import httpx
import nbformat
import psutil
import pytest
from notebench.contract.runs import FINAL_STATES
from notebench_spawner import processes

from tests.bench import Bench
from tests.faults.conftest import ROUNDS
from tests.runs.conftest import bench as bench  # noqa: PLC0414 - the fixture
from tests.runs.conftest import notebook

TRUE_WITHIN = 30.0
CELLS = (
    "n = 1",
    "print('first')",
    "print('second')",
    "import time; print('third', flush=True); time.sleep(600)",
)


def begin(bench: Bench) -> str:
    """A run that hangs in its last cell, long enough for what was before to be on disk."""
    name = notebook(bench.home(), "long.ipynb", *CELLS)
    with bench.client() as client:
        run: str = client.post("runs", json={"notebook": name}).raise_for_status().json()["id"]
        bench.until(lambda: _saved(client.get(f"runs/{run}/output")), 60)
    return run


def _saved(answer: httpx.Response) -> bool:
    """Whether the cell before the last one is in the output, while the last one runs."""
    return answer.is_success and "second\\n" in answer.text


def folder_of(bench: Bench, run: str) -> Path | None:
    """The folder of a run's process, while it runs."""
    found = [one for one in processes.running(bench.root / "workloads") if run in one.name]
    return found[0] if found else None


def victims(bench: Bench, run: str, who: str) -> list[psutil.Process]:
    """The run's shim, its runner, or the kernel below that."""
    folder = folder_of(bench, run)
    assert folder
    record = processes.read_handle(folder)
    assert record
    shim = psutil.Process(record.pid)
    (runner,) = shim.children()
    kernels = [one for one in runner.children() if "plain_kernel" in " ".join(one.cmdline())]
    assert kernels
    return {"shim": [shim], "runner": [runner], "kernel": kernels, "all": [shim, runner, *kernels]}[who]


@pytest.mark.parametrize(
    ("who", "states"),
    [("runner", {"failed"}), ("shim", {"lost"}), ("kernel", {"failed"}), ("all", {"lost"})],
)
def test_output_is_kept_and_the_state_true(bench: Bench, who: str, states: set[str]) -> None:
    bench.up(grace=3)
    run = begin(bench)
    folder = folder_of(bench, run)
    assert folder
    marked = [one.pid for one in processes.marked({folder.name})]
    assert len(marked) >= 3, "shim, runner and kernel"
    killed = time.monotonic()
    for one in victims(bench, run, who):
        os.kill(one.pid, signal.SIGKILL)
    with bench.client() as client:
        found = bench.until(lambda: _ended(client.get(f"runs/{run}").json()), TRUE_WITHIN)
        print(f"{who}: {found['state']} after {time.monotonic() - killed:.1f} s: {found['reason']}")
        assert found["state"] in states
        assert found["reason"]
        output = nbformat.reads(client.get(f"runs/{run}/output").raise_for_status().text, 4)
    said = [o.get("text", "") for cell in output.cells for o in cell.get("outputs", [])]
    assert "first\n" in said
    assert "second\n" in said, "what was done is kept"
    bench.until(lambda: not [pid for pid in marked if _alive(pid)], 10)
    assert _times(bench) == 1, "nothing is started again by itself"


def test_killed_at_random_moments_its_state_is_true(bench: Bench) -> None:
    bench.up(grace=3, concurrency=2)
    moments = random.Random(10)
    for _ in range(3 * ROUNDS):
        name = notebook(bench.home(), "some.ipynb", "1", *["import time; time.sleep(0.2); print(1)"] * 8)
        with bench.client() as client:
            run = client.post("runs", json={"notebook": name}).raise_for_status().json()["id"]
            folder = bench.until(lambda run=run: folder_of(bench, run), 60)
            time.sleep(moments.uniform(0.0, 4.0))
            for one in list(processes.marked({folder.name})):
                one.kill()
            found = bench.until(lambda run=run: _ended(client.get(f"runs/{run}").json()), TRUE_WITHIN)
            assert found["state"] in {"lost", "failed", "succeeded"}
            if found["state"] == "succeeded":  # it was quicker; then it says so truly
                assert found["progress"]["cell"] == found["progress"]["cells"] == 9


def _times(bench: Bench) -> int:
    return len(list((bench.root / "workloads").glob("run-*")))


def _ended(run: dict) -> dict | None:
    return run if run["state"] in FINAL_STATES else None


def _alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists() and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
