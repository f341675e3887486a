"""What is made in a cluster for a short while to see what no object says: pods, a policy, claims. Pure."""

from dataclasses import dataclass
from typing import Any

from notebench_spawner.pods import security
from notebench_spawner.pods.names import OURS
from notebench_spawner.pods.pod import Manifest
from notebench_spawner.pods.settings import Pods

LABEL = f"{OURS}/doctor"
"""On everything that is made here, so that it can be found."""
_PORT = 8123
_SECONDS = 600
"""After which a pod ends by itself, should nobody be there to delete it."""

SETTLED_SECONDS = 20
"""After which a network has learnt a policy, or never does."""

# It says a word to whoever comes: a connection alone may be the node's.
_LISTENS = """
import contextlib, os, pathlib, socket, sys
for place in sys.argv[1:]:
    try:
        pathlib.Path(place, "notebench-doctor").write_text("written")
    except OSError as problem:
        sys.exit(f"{place}: {problem.strerror}")
family = socket.AF_INET6 if ":" in os.environ["ADDRESS"] else socket.AF_INET
with socket.create_server((os.environ["ADDRESS"], PORT), family=family) as server:
    while True:
        who, _ = server.accept()
        with who, contextlib.suppress(OSError):
            who.sendall(b"here")
""".replace("PORT", str(_PORT))
# Reached once is open; not reached three times in a row is closed. A network takes time to learn a policy.
_CALLS = """
import socket, sys, time
wanted, missed, ends = sys.argv[2], 0, time.monotonic() + float(sys.argv[3])
while time.monotonic() < ends:
    try:
        with socket.create_connection((sys.argv[1], PORT), timeout=2) as there:
            reached = there.recv(4) == b"here"
    except OSError:
        reached = False
    missed = 0 if reached else missed + 1
    if wanted == "open" and reached or wanted == "closed" and missed == 3:
        sys.exit(0)
    time.sleep(0.5)
sys.exit(1)
""".replace("PORT", str(_PORT))


@dataclass(frozen=True)
class Volume:
    """A claim to try: what for, and which class and access mode."""

    subject: str
    mode: str
    storage_class: str

    @property
    def place(self) -> str:
        """Where the pod has it."""
        return f"/notebench-doctor/{self.subject}"


def claim(name: str, run: str, one: Volume) -> Manifest:
    """A small volume."""
    spec: dict[str, Any] = {"accessModes": [one.mode], "resources": {"requests": {"storage": "1Gi"}}}
    if one.storage_class:
        spec["storageClassName"] = one.storage_class
    return _object("v1", "PersistentVolumeClaim", name, run) | {"spec": spec}


def listener(name: str, run: str, image: str, settings: Pods, claims: dict[str, Volume]) -> Manifest:
    """A pod that writes into its volumes, then answers whoever reaches it."""
    words = ["-c", _LISTENS, *(one.place for one in claims.values())]
    made = _pod(name, run, image, settings, words)
    made["spec"]["volumes"] = [
        {"name": one.subject, "persistentVolumeClaim": {"claimName": called}}
        for called, one in claims.items()
    ]
    [container] = made["spec"]["containers"]
    container["volumeMounts"] = [{"name": one.subject, "mountPath": one.place} for one in claims.values()]
    # It listens only once it has written: ready is more than running.
    container["readinessProbe"] = {"tcpSocket": {"port": _PORT}, "periodSeconds": 1}
    container["env"] = [{"name": "ADDRESS", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}]
    return made


def caller(name: str, run: str, image: str, settings: Pods, *, address: str, wanted: str) -> Manifest:
    """A pod that ends well where the other one is `open` to it, or `closed`."""
    return _pod(name, run, image, settings, ["-c", _CALLS, address, wanted, str(SETTLED_SECONDS)])


def closed(name: str, run: str) -> Manifest:
    """Nobody may reach the listener."""
    spec = {
        "podSelector": {"matchLabels": {f"{LABEL}-part": "listener", LABEL: run}},
        "policyTypes": ["Ingress"],
    }
    return _object("networking.k8s.io/v1", "NetworkPolicy", name, run) | {"spec": spec}


def _pod(name: str, run: str, image: str, settings: Pods, words: list[str]) -> Manifest:
    made = _object("v1", "Pod", name, run)
    made["metadata"]["labels"][f"{LABEL}-part"] = name.rpartition("-")[2]
    container = {
        "name": "doctor",
        "image": image,
        "command": ["python", *words],
        "resources": {
            "limits": {"cpu": "200m", "memory": "128Mi"},
            "requests": {"cpu": "50m", "memory": "64Mi"},
        },
        "securityContext": security.CONTAINER,
    }
    tolerations = [one.model_dump(exclude={"seconds"}, exclude_defaults=True) for one in settings.tolerations]
    made["spec"] = {
        "containers": [container],
        "restartPolicy": "Never",
        "activeDeadlineSeconds": _SECONDS,
        "terminationGracePeriodSeconds": 1,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": security.of_pod(settings.account),
        "nodeSelector": dict(settings.node_selector),
        "tolerations": tolerations,
        "imagePullSecrets": [{"name": one} for one in settings.pull_secrets],
    }
    return made


def _object(version: str, kind: str, name: str, run: str) -> Manifest:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "labels": {LABEL: run}}}
