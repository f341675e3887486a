"""How long until a hub notices that a session's server was killed: ours and plain JupyterHub, in one run.

`python benchmarks/dead_session.py [ROUNDS]`; needs nothing running. Both start the same JupyterLab from the
same image environment; each round kills the server's process with SIGKILL and asks the hub's API until it
lists no server. Printed: medians and the ratio, and what looking at 50 sessions costs.
"""

import os
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx
import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from notebench_hub.place import Place
from notebench_spawner import processes

from benchmarks.starts import TOKEN, plain_hub
from tests.installation import Installation, wait_for


def noticed(hub: str, token: str, user: str, options: dict[str, str]) -> float:
    """From the kill until the hub lists no server."""
    with httpx.Client(base_url=hub, headers={"Authorization": f"token {token}"}, timeout=120) as client:
        before = set(psutil.pids())
        client.post(f"users/{user}/server", json=options).raise_for_status()
        wait_for(
            lambda: client.get(f"users/{user}").json()["servers"].get("", {}).get("ready"), 120, "ready", 0.1
        )
        victim = next(pid for pid in set(psutil.pids()) - before if _serves(pid))
        begin = time.perf_counter()
        os.kill(victim, signal.SIGKILL)
        wait_for(lambda: not client.get(f"users/{user}").json()["servers"], 120, "noticed", 0.05)
        return time.perf_counter() - begin


def _serves(pid: int) -> bool:
    """Whether this is the notebook server itself, not what started it."""
    try:
        words = " ".join(psutil.Process(pid).cmdline()[:4])
    except psutil.Error:
        return False
    return "notebench.lab.session" in words or "jupyterhub-singleuser" in words


def look_at_fifty() -> float:
    """Milliseconds."""
    record = processes.Record(
        id="x", pid=os.getpid(), started=processes.shim.start_mark(os.getpid()),
        boot=processes.shim.boot_mark(), time="2026-01-01T00:00:00Z",
    )  # fmt: skip
    begin = time.perf_counter()
    assert all(processes.alive(record) for _ in range(50))
    return (time.perf_counter() - begin) * 1000


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        ours = Installation(folder / "state")
        ours.up()
        ours.add_user("bench")
        token = ours.token("bench")
        choice = {"image": "scientific", "profile": "small", "acting_for": "personal"}
        with ours.api(token) as api:
            cards = {card["id"]: card for card in api.get("catalogue").json()["images"]}
        environment = Place(ours.state).environments / cards["scientific"]["identity"]
        (folder / "plain").mkdir()
        process, hub = plain_hub(environment, folder / "plain")
        times: dict[str, list[float]] = {"notebench": [], "plain JupyterHub": []}
        try:
            with httpx.Client(base_url=hub, headers={"Authorization": f"token {TOKEN}"}) as client:
                client.post("users/bench")
            for _ in range(rounds):
                times["notebench"].append(noticed(ours.url + "hub/api/", token, "bench", choice))
                times["plain JupyterHub"].append(noticed(hub, TOKEN, "bench", {}))
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            ours.down()
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, median in medians.items():
        print(f"{name:20s} {median:6.2f} s   notebench / this = {medians['notebench'] / median:.3f}")
    print(f"a look at 50 sessions costs {look_at_fifty():.1f} ms, every 3 s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
