"""How long a session takes to start: ours cold and warm, plain JupyterHub, bare JupyterLab, in one run.

All start the same JupyterLab from the same image environment, in turns; "warm" is an installation of ours
that keeps two processes ready, and is given the time to have them. Printed: medians in seconds, and ratios.
`python benchmarks/starts.py [ROUNDS]`; needs nothing running.
"""

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))

from notebench_hub.place import Place
from notebench_spawner.warm import report
from notebench_spawner.workload import Kind

from benchmarks.turns import load
from tests.installation import Installation, wait_for

PLAIN = """
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_port = {hub_port}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api_port}"
c.ConfigurableHTTPProxy.command = {proxy!r}
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = "{folder}/home"
c.Spawner.cmd = [{singleuser!r}]
c.Spawner.args = ["--allow-root"]
c.JupyterHub.services = [{{"name": "bench", "api_token": "{token}", "admin": True}}]
"""
PLAIN_HUB = "plain JupyterHub"
AIMS = {"Notebench, cold": 0.7, "Notebench, warm": 0.4}
CHOICE = {"image": "scientific", "profile": "small", "acting_for": "personal"}
TOKEN = "benchmark-" + os.urandom(16).hex()


def free_port() -> int:
    import socket

    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])


def seconds_to_ready(hub: str, token: str, user: str, options: dict[str, str]) -> float:
    """From the request to start until the hub says `ready`; then stop it."""
    with httpx.Client(base_url=hub, headers={"Authorization": f"token {token}"}, timeout=120) as client:
        begin = time.perf_counter()
        answer = client.post(f"users/{user}/server", json=options)
        assert answer.status_code in {201, 202}, answer.text
        wait_for(
            lambda: client.get(f"users/{user}").json()["servers"].get("", {}).get("ready"), 120, "ready", 0.03
        )
        took = time.perf_counter() - begin
        client.delete(f"users/{user}/server")
        wait_for(lambda: not client.get(f"users/{user}").json()["servers"], 60, "stopped", 0.1)
    return took


def bare(environment: Path, folder: Path) -> float:
    """`jupyter lab` until its first answer."""
    port, begin = free_port(), time.perf_counter()
    process = subprocess.Popen(
        [environment / "bin" / "python", "-m", "jupyterlab", "--allow-root", "--no-browser", f"--port={port}",
         "--ServerApp.ip=127.0.0.1", "--IdentityProvider.token=", f"--ServerApp.root_dir={folder}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip

    def answers() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/api/status").status_code == 200
        except httpx.HTTPError:
            return False

    try:
        wait_for(answers, 60, "bare JupyterLab", 0.03)
        return time.perf_counter() - begin
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def plain_hub(environment: Path, folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """A JupyterHub as one sets it up by hand, with the same JupyterLab."""
    root = Path(__file__).parents[1]
    node = next(root.glob("**/configurable-http-proxy/bin/configurable-http-proxy"))
    hub_port = free_port()
    (folder / "home").mkdir()
    (folder / "jupyterhub_config.py").write_text(
        PLAIN.format(
            port=free_port(), hub_port=hub_port, api_port=free_port(), proxy=["node", str(node)],
            folder=folder, singleuser=str(environment / "bin" / "jupyterhub-singleuser"), token=TOKEN,
        )
    )  # fmt: skip
    return started_hub(folder, hub_port, os.environ)


def started_hub(folder: Path, hub_port: int, env: Mapping[str, str]) -> tuple[subprocess.Popen[bytes], str]:
    """The hub whose configuration is in the folder, when it answers; and the address of its API."""
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyterhub", "-f", "jupyterhub_config.py"], env=env,
        cwd=folder, stdout=subprocess.DEVNULL, stderr=(folder / "log").open("wb"), start_new_session=True,
    )  # fmt: skip
    hub = f"http://127.0.0.1:{hub_port}/hub/api/"

    def answers() -> bool:
        try:
            return httpx.get(hub).status_code == 200
        except httpx.HTTPError:
            return False

    wait_for(answers, 60, "plain JupyterHub")
    return process, hub


class Ours:
    """An installation of ours with one user, who starts and stops."""

    def __init__(self, state: Path, warm: int) -> None:
        self.installation = Installation(state, warm=warm)
        self._warm = warm

    def up(self) -> None:
        self.installation.up()
        self.installation.add_user("bench")
        self._token = self.installation.token("bench")

    def environment(self) -> Path:
        """The image's environment."""
        with self.installation.api(self._token) as api:
            cards = {card["id"]: card for card in api.get("catalogue").json()["images"]}
        return Place(self.installation.state).environments / str(cards["scientific"]["identity"])

    def start(self) -> float:
        """Seconds from the request to `ready`."""
        wait_for(lambda: self._ready() >= self._warm, 120, "what waits", 0.5)
        return seconds_to_ready(self.installation.url + "hub/api/", self._token, "bench", CHOICE)

    def _ready(self) -> int:
        kept = report.read(Place(self.installation.state).warm)
        return sum(one.ready for one in kept if one.kind is Kind.session)


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        cold, warm = Ours(folder / "cold", 0), Ours(folder / "warm", 2)
        processes: list[subprocess.Popen[bytes]] = []
        times: dict[str, list[float]] = {}
        try:
            for one in (cold, warm):
                one.up()
            environment = cold.environment()
            (folder / "plain").mkdir()
            process, hub = plain_hub(environment, folder / "plain")
            processes.append(process)
            with httpx.Client(base_url=hub, headers={"Authorization": f"token {TOKEN}"}) as client:
                client.post("users/bench")
            ways = {
                PLAIN_HUB: lambda: seconds_to_ready(hub, TOKEN, "bench", {}),
                "Notebench, cold": cold.start,
                "Notebench, warm": warm.start,
                "bare JupyterLab": lambda: bare(environment, folder),
            }
            for turn in range(rounds + 1):  # the first turn warms the disk cache and is not counted
                for name, way in ways.items():
                    took = way()
                    if turn:
                        times.setdefault(name, []).append(took)
        finally:
            for process in processes:
                os.killpg(process.pid, signal.SIGTERM)
            for one in (cold, warm):
                one.installation.down()
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, values in times.items():
        aim = f"   (aim ×{AIMS[name]})" if name in AIMS else ""
        spread = f"({min(values):.2f} to {max(values):.2f})"
        print(f"{name:18} {medians[name]:6.2f} s {spread}   ×{medians[name] / medians[PLAIN_HUB]:.2f}{aim}")
    print(load())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
