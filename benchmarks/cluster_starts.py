"""How long a session takes to start on a cluster, and how often it asks the cluster's API: ours, KubeSpawner.

Both start the same JupyterLab as a pod, in turns, in one namespace of one API: that of the tests, whose
pods are processes of this machine. Ours is the whole of it: hub, service, grant, secret, reports. Watches
that a hub keeps open are no question of a start; what the service asks for by the clock is not counted.
`python benchmarks/cluster_starts.py [ROUNDS]`; needs nothing running.
"""

import os
import signal
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.starts import CHOICE, TOKEN, free_port, seconds_to_ready, started_hub
from benchmarks.turns import load
from tests.kube.installation import DIGEST, IMAGE, SPACE, ClusterInstallation, environment
from tests.kube.standin.cluster import Cluster

PLAIN = """
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub_port}"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api_port}"
c.ConfigurableHTTPProxy.command = {proxy!r}
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"
c.KubeSpawner.namespace = {space!r}
c.KubeSpawner.image = {image!r}
c.KubeSpawner.cpu_guarantee = 0.1
c.KubeSpawner.mem_guarantee = "256M"
c.KubeSpawner.storage_pvc_ensure = True
c.KubeSpawner.pvc_name_template = "plain-{{user_server}}"
c.KubeSpawner.storage_capacity = "1Gi"
c.KubeSpawner.storage_access_modes = ["ReadWriteOnce"]
c.KubeSpawner.volumes = [{{"name": "home", "persistentVolumeClaim": {{"claimName": "{{pvc_name}}"}}}}]
c.KubeSpawner.volume_mounts = [{{"name": "home", "mountPath": "/home/jovyan"}}]
c.KubeSpawner.working_dir = "/home/jovyan"
c.KubeSpawner.environment = {{"HOME": "/home/jovyan"}}
c.Spawner.cmd = [{singleuser!r}]
c.Spawner.args = ["--allow-root"]
c.JupyterHub.services = [{{"name": "bench", "api_token": "{token}", "admin": True}}]
"""
PEER, OURS = "plain KubeSpawner", "Notebench"
AIM_SECONDS, AIM_CALLS = 1.05, 6
EVERYTHING = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
CLUSTER_TOKEN = "token-of-the-plain-hub"
BY_THE_CLOCK = {
    ("list", "jobs"),
    ("list", "deployments"),
    ("list", "pods"),
    ("watch", "pods"),
    ("watch", "events"),
}


def plain_hub(cluster: Cluster, folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """A hub with KubeSpawner as one sets it up by hand."""
    node = next(Path(__file__).parents[1].glob("**/configurable-http-proxy/bin/configurable-http-proxy"))
    cluster.account(CLUSTER_TOKEN, SPACE, "plain", EVERYTHING)
    hub_port = free_port()
    (folder / "jupyterhub_config.py").write_text(
        PLAIN.format(
            port=free_port(), hub_port=hub_port, api_port=free_port(), proxy=["node", str(node)], space=SPACE,
            image=f"{IMAGE}@{DIGEST}", token=TOKEN,
            singleuser=str(environment() / "bin" / "jupyterhub-singleuser"),
        )
    )  # fmt: skip
    kubeconfig = cluster.kubeconfig(folder / "kubeconfig", CLUSTER_TOKEN, SPACE)
    return started_hub(folder, hub_port, os.environ | {"KUBECONFIG": str(kubeconfig)})


def asked(cluster: Cluster, begin: int) -> Counter[str]:
    """What was asked since, of whom starts."""
    found: Counter[str] = Counter()
    for one in cluster.api.seen[begin:]:
        words = one.path.split(f"/namespaces/{SPACE}/")
        resource = words[1].split("/")[0] if len(words) > 1 else one.path
        if (one.verb, resource) not in BY_THE_CLOCK:
            found[f"{one.verb} {resource}"] += 1
    return found


class Counted:
    """One way to start a session, with what it took in time and questions."""

    def __init__(self, cluster: Cluster, start: Callable[[], float]) -> None:
        self._cluster, self._start = cluster, start
        self.seconds: list[float] = []
        self.questions: list[Counter[str]] = []

    def once(self, *, counted: bool) -> None:
        begin = len(self._cluster.api.seen)
        took = self._start()
        if counted:
            self.seconds.append(took)
            self.questions.append(asked(self._cluster, begin))

    def calls(self) -> float:
        """How many, without those of the end: that is a deletion for both."""
        return statistics.median(
            sum(count for what, count in one.items() if not what.startswith("delete"))
            for one in self.questions
        )


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory(prefix="nbk-", dir="/var/tmp", ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary)
        with Cluster(folder / "c") as cluster:
            ours = ClusterInstallation(folder / "state", cluster)
            (folder / "plain").mkdir()
            process = None
            try:
                ours.up()
                ours.add_user("bench")
                token, url = ours.token("bench"), ours.url + "hub/api/"
                process, hub = plain_hub(cluster, folder / "plain")
                httpx.post(
                    f"{hub}users/bench", headers={"Authorization": f"token {TOKEN}"}
                ).raise_for_status()
                ways = {
                    PEER: Counted(cluster, lambda: seconds_to_ready(hub, TOKEN, "bench", {})),
                    OURS: Counted(cluster, lambda: seconds_to_ready(url, token, "bench", CHOICE)),
                }
                for turn in range(rounds + 1):  # the first makes the homes and is not counted
                    for way in ways.values():
                        way.once(counted=turn > 0)
            finally:
                if process:
                    os.killpg(process.pid, signal.SIGTERM)
                    process.wait()
                ours.down()
    tell(ways)


def tell(ways: dict[str, Counted]) -> None:
    """Medians and their ratio, and what was asked in the last start."""
    for name, way in ways.items():
        spread = f"({min(way.seconds):.2f} to {max(way.seconds):.2f})"
        last = ", ".join(f"{what} ×{count}" for what, count in sorted(way.questions[-1].items()))
        print(f"{name:18} {statistics.median(way.seconds):6.2f} s {spread}   {way.calls():g} calls ({last})")
    ratio = statistics.median(ways[OURS].seconds) / statistics.median(ways[PEER].seconds)
    print(f"start: ×{ratio:.2f} (aim ×{AIM_SECONDS}, {'met' if ratio <= AIM_SECONDS else 'MISSED'})")
    calls = ways[OURS].calls()
    print(f"calls: {calls:g} (aim {AIM_CALLS}, {'met' if calls <= AIM_CALLS else 'MISSED'}), {load()}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
