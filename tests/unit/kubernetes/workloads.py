"""Workloads as the service makes them for a cluster, and settings in which everything is set."""

from pathlib import Path

from notebench_spawner.placement import Placement, Toleration
from notebench_spawner.pods.settings import Account, Homes, Pods
from notebench_spawner.workload import Hardware, ImageVersion, Kind, Share, Workload

DIGEST = "registry.example/notebench/scientific@sha256:" + "ab12" * 16
LAYER = Path("/home/ada/environments/personal/scientific-2026.11-abc")

COMMANDS = {
    Kind.session: ["python", "-m", "notebench.lab.session"],
    Kind.run: ["python", "-m", "notebench.runner"],
    Kind.model_server: [
        "python",
        "-m",
        "notebench.serving",
        "--model-uri",
        "models:/wine/3",
        "--port",
        "8000",
    ],
}
PORTS = {Kind.session: 8888, Kind.run: None, Kind.model_server: 8000}

GPU = Hardware(
    profile="gpu-slice",
    cpu=2.5,
    memory_mib=8192,
    resources={"nvidia.com/mig-1g.5gb": 1},
    placement=Placement(
        node_selector={"pool": "gpu"},
        tolerations=(
            Toleration(key="nvidia.com/gpu", operator="Exists", effect="NoSchedule"),
            Toleration(key="spot", value="yes", effect="NoExecute", seconds=60),
        ),
        priority_class="gpu-first",
        runtime_class="nvidia",
        shm="2Gi",
        cpu_request=1,
        memory_request="4Gi",
        disk="20Gi",
        labels={"cost-centre": "42", "notebench/user": "somebody-else"},
        annotations={"example.com/note": "a slice"},
    ),
)

EVERYTHING = Pods(
    environment="/opt/conda",
    resources=("nvidia.com/gpu", "amd.com/gpu"),
    homes=Homes(claim="homes", folder="home/{user}", access="ReadWriteMany"),
    account=Account(user=1000, group=1000, files_group=2000, more_groups=(3000,)),
    node_selector={"zone": "a"},
    preferred_nodes={"hub.jupyter.org/node-purpose": "user"},
    tolerations=(Toleration(key="hub.jupyter.org/dedicated", value="user", effect="NoSchedule"),),
    scheduler="user-scheduler",
    priority_classes={Kind.session: "sessions", Kind.run: "runs"},
    pull_secrets=("registry",),
    labels={"team": "data"},
    annotations={"example.com/owner": "platform"},
    env={"HTTPS_PROXY": "http://proxy:3128", "LANG": "de_DE.UTF-8", "EXTRA": "yes"},
)


def workload(kind: Kind = Kind.run, **changes: object) -> Workload:
    """One of the three kinds, on a small profile."""
    fields: dict[str, object] = {
        "id": f"{kind}-1",
        "kind": kind,
        "user": "ada",
        "image": ImageVersion(
            image="scientific", version="2026.11", identity="abc", python="3.11", digest=DIGEST
        ),
        "hardware": Hardware(profile="small", cpu=1, memory_mib=2048),
        "home": Path("/home/ada"),
        "command": COMMANDS[kind],
        "port": PORTS[kind],
        "env": {"NOTEBENCH_PROFILE": "small"},
        "secret_env": {"NOTEBENCH_TOKEN": "nbt_secret"},
    }
    return Workload.model_validate(fields | changes)


SHARES = (Share(project="alloys", writable=True), Share(project="Zinc & Co"))
