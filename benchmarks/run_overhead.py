"""What running a trivial notebook costs: our runner, papermill, jupyter-scheduler; in turns.

Ours cold (`python -m notebench.runner`) and warm (in a process that was kept ready, from the request to its
exit record); papermill's command line, and papermill in a process that has imported it and run one before.
`python benchmarks/run_overhead.py [--rounds 5] [--scheduler]`. Five cells of simple arithmetic, the same
interpreter and kernel. `--scheduler` also measures jupyter-scheduler: it is installed into a throw-away
virtual environment that sees this one's packages (needs the network), and asked through its REST API;
timed from the request to the job's end. Printed: medians in seconds, and ratios to papermill's command
line. Outputs are asserted equal first.
"""

import argparse
import json
import os
import secrets
import signal
import socket
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

import httpx
import nbformat

sys.path.insert(0, str(Path(__file__).parents[1]))

from notebench_spawner import processes

from tests.warm.place import Place

CELLS = ["n = 2", "a = n + 1", "b = [i * a for i in range(1000)]", "c = sum(b)", "print(c)"]


def notebook(path: Path) -> Path:
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in CELLS])
    made.cells[0].metadata["tags"] = ["parameters"]
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(made, path)
    return path


def environment(**more: str) -> dict[str, str]:
    env = {key: value for key, value in os.environ.items() if not key.startswith("NOTEBENCH_")}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**env, **more}


def timed(command: list[str], env: dict[str, str]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, env=env, check=True, capture_output=True)
    return time.perf_counter() - begun


def ours(source: Path, output: Path) -> float:
    spec = {
        "notebook": str(source),
        "output": str(output),
        "state": str(output.parent / "state"),
        "parameters": {"n": 3},
    }
    env = environment(NOTEBENCH_RUN_ID="bench", NOTEBENCH_RUN_SPEC=json.dumps(spec))
    return timed([sys.executable, "-m", "notebench.runner"], env)


def papermill(source: Path, output: Path) -> float:
    command = [sys.executable, "-m", "papermill", str(source), str(output), "-p", "n", "3", "-k", "python3"]
    return timed(command, environment())


IN_PROCESS = """
import sys, time, papermill
for line in sys.stdin:
    source, output = line.split()
    begun = time.perf_counter()
    papermill.execute_notebook(source, output, {"n": 3}, kernel_name="python3", progress_bar=False)
    print(time.perf_counter() - begun, flush=True)
"""


class InProcess:
    """papermill in a process of its own that goes on running notebooks."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", IN_PROCESS],
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def run(self, source: Path, output: Path) -> float:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{source} {output}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


class Warm:
    """Our runner in processes that are kept ready, under their shim with limits and records."""

    def __init__(self, folder: Path) -> None:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        self.place = Place(folder / "kept")
        self.turn = 0

    def run(self) -> float:
        self.turn += 1
        self.place.wait_ready()
        workload = self.place.workload(f"run-{self.turn}", CELLS)
        begun = time.perf_counter()
        _, warm = self.place.start(workload)
        while not (ended := processes.read_exit(self.place.folder(workload.id))):
            time.sleep(0.002)
        took = time.perf_counter() - begun
        assert warm
        assert ended.code == 0
        return took

    def output(self) -> Path:
        return self.place.output(f"run-{self.turn}")

    def stop(self) -> None:
        self.place.close()


class Scheduler:
    """jupyter-scheduler in a Jupyter server of its own."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "scheduler"
        self.root.mkdir()
        (folder / "data").mkdir()
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
        python = folder / "venv" / "bin" / "python"
        site = next((folder / "venv" / "lib").glob("python*/site-packages"))
        (site / "outer.pth").write_text(sysconfig.get_path("purelib"))
        uv = [
            str(Path(sys.executable).parent / "uv"),
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--python",
            str(python),
        ]
        subprocess.run([*uv, "jupyter-scheduler", "croniter", "pytz", "fsspec"], check=True)
        enabled = folder / "venv" / "etc" / "jupyter" / "jupyter_server_config.d" / "scheduler.json"
        enabled.parent.mkdir(parents=True, exist_ok=True)
        enabled.write_text('{"ServerApp": {"jpserver_extensions": {"jupyter_scheduler": true}}}')
        self.token = secrets.token_hex(16)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [
            str(python),
            "-m",
            "jupyter_server",
            f"--port={port}",
            f"--IdentityProvider.token={self.token}",
            f"--ServerApp.root_dir={self.root}",
            "--no-browser",
            "--allow-root",
        ]
        env = environment(
            JUPYTER_DATA_DIR=str(folder / "data"),
            JUPYTER_RUNTIME_DIR=str(folder / "runtime"),
            JUPYTER_PATH=f"{sys.prefix}/share/jupyter",
        )
        self.log = (folder / "scheduler.log").open("wb")
        self.process = subprocess.Popen(
            command, env=env, stdout=self.log, stderr=self.log, start_new_session=True
        )
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"token {self.token}"}, timeout=30
        )
        for _ in range(300):
            try:
                if self.client.get("/scheduler/jobs").status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.2)
        raise SystemExit(f"jupyter-scheduler did not start: {(folder / 'scheduler.log').read_text()[:6000]}")

    def run(self) -> float:
        notebook(self.root / "trivial.ipynb")
        body = {
            "name": "bench",
            "input_uri": "trivial.ipynb",
            "runtime_environment_name": "",
            "output_formats": ["ipynb"],
            "parameters": {"n": "3"},
            "compute_type": None,
        }
        names = self.client.get("/scheduler/runtime_environments").json()
        body["runtime_environment_name"] = names[0]["name"]
        begun = time.perf_counter()
        answer = self.client.post("/scheduler/jobs", json=body)
        answer.raise_for_status()
        while True:
            job = self.client.get(f"/scheduler/jobs/{answer.json()['job_id']}").json()
            if job["status"] in ("COMPLETED", "FAILED"):
                took = time.perf_counter() - begun
                assert job["status"] == "COMPLETED", job
                return took
            time.sleep(0.02)

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(20)


def printed(path: Path) -> str:
    return nbformat.read(path, as_version=4).cells[-1].outputs[0].text


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scheduler", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = notebook(folder / "trivial.ipynb")
        ours(source, folder / "a.ipynb")
        papermill(source, folder / "b.ipynb")
        assert printed(folder / "a.ipynb") == printed(folder / "b.ipynb") == "1998000\n"
        (folder / "kept").mkdir()
        warm, in_process = Warm(folder), InProcess()
        warm.run()
        in_process.run(source, folder / "c.ipynb")
        assert printed(folder / "c.ipynb") == "1998000\n"
        assert printed(warm.output()) == "1498500\n"  # without the parameter
        scheduler = Scheduler(folder) if options.scheduler else None
        found: dict[str, list[float]] = {}
        try:
            for _ in range(options.rounds):
                found.setdefault("notebench.runner", []).append(ours(source, folder / "a.ipynb"))
                found.setdefault("papermill command line", []).append(papermill(source, folder / "b.ipynb"))
                found.setdefault("notebench.runner, warm", []).append(warm.run())
                found.setdefault("papermill in process", []).append(
                    in_process.run(source, folder / "c.ipynb")
                )
                if scheduler:
                    found.setdefault("jupyter-scheduler", []).append(scheduler.run())
        finally:
            warm.stop()
            in_process.stop()
            if scheduler:
                scheduler.stop()
    base = statistics.median(found["papermill command line"])
    for what, times in found.items():
        middle = statistics.median(times)
        print(
            f"{what:24} {middle:6.2f} s   ×{middle / base:.2f}   (from {min(times):.2f} to {max(times):.2f})"
        )
    warm_median, peer = (
        statistics.median(found[one]) for one in ("notebench.runner, warm", "papermill in process")
    )
    print(f"warm / papermill in process: ×{warm_median / peer:.2f}   load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
