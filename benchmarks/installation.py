"""What an installation costs: `up` for the second time, and resident memory when idle.

`python benchmarks/installation.py`; `--first` also measures the first `up`, in a fresh clone of this
repository with nothing prepared (minutes, and the network).
Memory is the proportional set size in mebibytes, of each part's process tree and of everything that belongs
to the installation, supervisor and launcher included; the peer for MLflow's part is `mlflow server` with its
own defaults, for hub and proxy a plain JupyterHub.
Kilobytes of the panels: `jlpm sizes`.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from notebench_hub.place import Place

from benchmarks.memory import held
from benchmarks.starts import free_port, plain_hub
from benchmarks.turns import load
from tests.installation import Installation, state_accounts, wait_for

ROOT = Path(__file__).parents[1]
AIMS = {"second up": 15.0, "first up": 360.0, "whole": 900.0}


def tree_mib(pid: int) -> float:
    """Proportional set size of a process and everything below it."""
    process = psutil.Process(pid)
    total = 0
    for one in [process, *process.children(recursive=True)]:
        total += one.memory_full_info().pss
    return total / 2**20


def mlflow_defaults(folder: Path) -> float:
    """MiB of `mlflow server` as its documentation starts it."""
    import httpx

    port = free_port()
    process = subprocess.Popen(
        [Path(sys.executable).with_name("mlflow"), "server", "--host", "127.0.0.1", "--port", str(port)],
        cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip

    def answers() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200
        except httpx.HTTPError:
            return False

    try:
        wait_for(answers, 120, "mlflow server")
        time.sleep(10)
        return tree_mib(process.pid)
    finally:
        os.killpg(process.pid, signal.SIGKILL)


def up_seconds(installation: Installation) -> float:
    begin = time.perf_counter()
    installation.up()
    return time.perf_counter() - begin


def first_up(folder: Path) -> float:
    """`./notebench up` in a fresh clone, with an empty cache of environments."""
    clone, state = folder / "clone", folder / "first"
    subprocess.run(["git", "clone", "-q", ROOT, clone], check=True)
    state_accounts(state)
    environ = {**os.environ, "NOTEBENCH_STATE_DIR": str(state), "XDG_CACHE_HOME": str(folder / "cache")}
    begin = time.perf_counter()
    subprocess.run([clone / "notebench", "up", "--detach", "--port", "0"], env=environ, check=True)
    took = time.perf_counter() - begin
    subprocess.run([clone / "notebench", "down", "--yes"], env=environ, check=True)
    return took


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="nb-"))
    ours = Installation(folder / "state")
    try:
        if "--first" in sys.argv:
            print(f"first up   {first_up(folder):6.1f} s   aim {AIMS['first up']:.0f} s")
        ours.up()
        ours.down()
        print(f"second up  {up_seconds(ours):6.1f} s   aim {AIMS['second up']:.0f} s")
        time.sleep(20)
        whole = held(ours.state).parts
        parts = {name: tree_mib(int(part["pid"])) for name, part in ours.status().items()}
        (folder / "plain").mkdir()
        environment = next(
            path for path in Place(ours.state).environments.glob("*/bin/jupyterhub-singleuser")
        )
        process, _ = plain_hub(environment.parents[1], folder / "plain")
        plain = tree_mib(process.pid)
        os.killpg(process.pid, signal.SIGTERM)
        (folder / "mlflow").mkdir()
        peer = mlflow_defaults(folder / "mlflow")
    finally:
        ours.down()
        shutil.rmtree(folder, ignore_errors=True)
    for name, mib in parts.items():
        print(f"{name:10s} {mib:6.0f} MiB")
    outcome = "met" if whole * 2**20 <= AIMS["whole"] * 1e6 else "MISSED"
    share = whole / (plain + peer)
    print(f"whole      {whole:6.0f} MiB   aim {AIMS['whole']:.0f} MB, {outcome}; ×{share:.2f}")
    print(f"           of plain JupyterHub {plain:.0f} MiB + mlflow server {peer:.0f} MiB; {load()}")


if __name__ == "__main__":
    main()
