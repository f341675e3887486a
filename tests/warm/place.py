"""Warm and cold starts of real workloads, with the environment that runs the tests as their image."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import psutil
from notebench_spawner import processes
from notebench_spawner.hands import OwnHands
from notebench_spawner.process import process_spec
from notebench_spawner.warm.pool import Pool
from notebench_spawner.workload import Hardware, ImageVersion, Kind, Workload

from tests.hub.workbench import stand_in_environment

IMAGE = "feed00000001"
AMBIENT = {"LANG": "C.UTF-8", "TZ": "America/Bogota"}


class Place:
    """A state directory, a pool, and the hands that use it."""

    def __init__(self, root: Path, kind: Kind = Kind.run, count: int = 1) -> None:
        self.environments = root / "environments"
        stand_in_environment(self.environments / IMAGE)
        self.startable = [IMAGE]
        self.pool = Pool(
            kind,
            self.environments,
            count,
            ambient=AMBIENT,
            current=lambda: self.startable,
            report=root / "warm" / "tests.json",
        )
        self.hands = OwnHands(root, self.environments, warm=self.pool)
        self.home = root / "homes" / "ada"
        self.home.mkdir(parents=True)

    def close(self) -> None:
        self.pool.close()
        processes.end_all(self.hands.workloads, grace=1)

    def wait_ready(self, count: int = 1) -> None:
        until(lambda: len(self.pool.ready()) >= count, 90)

    def workload(self, name: str, cells: list[str], **more: Any) -> Workload:
        """A notebook run of these cells."""
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        folder = self.home / "notebooks"
        folder.mkdir(exist_ok=True)
        nbformat.write(book, folder / f"{name}.ipynb")
        spec = {
            "notebook": str(folder / f"{name}.ipynb"),
            "output": str(self.output(name)),
            "state": str(self.home / "state" / name),
        }
        hardware = {"profile": "small", "cpu": 1, "memory_mib": 1024, "processes": 300, "files": 999}
        env = {"NOTEBENCH_RUN_ID": name, "NOTEBENCH_RUN_SPEC": json.dumps(spec)} | more.pop("env", {})
        return Workload(
            id=name,
            kind=Kind.run,
            user="ada",
            image=ImageVersion(image="test", version="1", identity=IMAGE, python="3.11"),
            hardware=Hardware.model_validate(hardware | more.pop("hardware", {})),
            home=self.home,
            command=["python", "-m", "notebench.runner"],
            env=env,
            **more,
        )

    def output(self, name: str) -> Path:
        return self.home / f"{name}.out.ipynb"

    def printed(self, name: str) -> str:
        cells = nbformat.read(self.output(name), as_version=4).cells
        return "".join(o.get("text", "") for cell in cells for o in cell.outputs)

    def start(self, workload: Workload) -> tuple[processes.Record, bool]:
        """Start it. Says, too, whether the process was there before."""
        spec = process_spec(workload, self.environments, AMBIENT)
        record = self.hands.launch(workload, spec, 5)
        return record, "--warm" in psutil.Process(record.pid).cmdline()

    def folder(self, name: str) -> Path:
        return self.hands.workloads / name

    def ended(self, name: str, seconds: float = 90) -> processes.Exit:
        until(lambda: processes.read_exit(self.folder(name)), seconds)
        found = processes.read_exit(self.folder(name))
        assert found
        return found

    def log(self, name: str) -> str:
        return (self.folder(name) / "output.log").read_text()


def until(wanted: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not wanted():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.05)


def below(pid: int) -> list[psutil.Process]:
    """The processes of a shim."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def environ_in_proc(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
