"""Proportional set size of everything that an installation runs, whoever started it."""

import time
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Held:
    """Mebibytes at one moment."""

    parts: float
    """Supervisor, launcher, proxy, hub, MLflow, service, and what they keep ready."""
    people: float
    """Sessions, runs and model servers, with the shims that watch them."""


def processes_of(state: Path) -> list[tuple[psutil.Process, bool]]:
    """Every process of the installation in `state`, and whether it is a person's."""
    found = []
    for process in psutil.process_iter():
        try:
            words, around = process.cmdline(), process.environ()
        except psutil.Error:
            continue
        # Commands of the installation (`notebench …`) and this script's own come and go: they are not it.
        if process.pid == psutil.Process().pid or any("benchmarks" in word for word in words[:3]):
            continue
        shim = any("notebench_spawner.shim" in word or word.endswith("shim.py") for word in words[:6])
        if around.get("HOME", "").startswith(f"{state}/homes/") or (
            shim and any(str(state) in word for word in words)
        ):
            found.append((process, True))
        elif around.get("NOTEBENCH_STATE_DIR") == str(state) or any(str(state) in word for word in words):
            found.append((process, False))
    return found


def held(state: Path) -> Held:
    """What the installation holds now. Reading it costs some milliseconds a process."""
    sums = {True: 0.0, False: 0.0}
    for process, person in processes_of(state):
        try:
            sums[person] += process.memory_full_info().pss / 2**20
        except psutil.Error:
            continue
        time.sleep(0.001)  # reading must not take a core for long
    return Held(sums[False], sums[True])
