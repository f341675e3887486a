"""Take transcripts from a real cluster: `NOTEBENCH_TEST_KUBECONFIG=… python -m tests.kube.record [NAME…]`.

Each is played in a namespace of its own and written back into its file, with the cluster's version. It needs
a user who may do everything. `NOTEBENCH_TEST_IMAGE` names an image with `sh` and `sleep` that the nodes can
pull; busybox where nothing is said. A transcript whose `needs` the cluster does not meet is left as it is.
"""

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from tests.kube import kubeconfig, play, script

OURS = "notebench-standin"
"""In its version, so that nobody takes the stand-in's answers for Kubernetes'."""


def cluster(file: Path) -> play.Where:
    """The cluster that a kubeconfig names."""
    client = kubeconfig.client(file)
    nodes = client.get("/api/v1/nodes").raise_for_status().json()["items"]
    words = {f"node-{number}": node["metadata"]["name"] for number, node in enumerate(nodes, 1)}
    image = os.environ.get("NOTEBENCH_TEST_IMAGE", "busybox:1.36")
    return play.Where(client, lambda space, rules: _limited(file, client, space, rules), image, 120, words)


def has(where: play.Where) -> set[str]:
    """What this cluster has of what transcripts may need."""
    found = {"memory-limits", "accounts"} | {f"nodes-{number}" for number in range(1, len(where.words) + 1)}
    classes = where.client.get("/apis/storage.k8s.io/v1/storageclasses").json().get("items") or []
    default = [
        one
        for one in classes
        if one["metadata"].get("annotations", {}).get("storageclass.kubernetes.io/is-default-class") == "true"
    ]
    if default:
        found.add("storage")
        if default[0]["volumeBindingMode"] == "Immediate":
            found.add("disks")
    return found


def _limited(file: Path, client: httpx.Client, space: str, rules: list[Any]) -> httpx.Client:
    """A service account with just these rules, and a token of it."""
    group = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{space}"
    subject = {"kind": "ServiceAccount", "name": "limited", "namespace": space}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "limited"}
    accounts = f"/api/v1/namespaces/{space}/serviceaccounts"
    named = {"metadata": {"name": "limited"}}
    for path, body in [
        (accounts, named),
        (f"{group}/roles", named | {"rules": [dict(rule) for rule in rules]}),
        (f"{group}/rolebindings", named | {"subjects": [subject], "roleRef": role}),
    ]:
        client.post(path, json=body).raise_for_status()
    made = client.post(
        f"{accounts}/limited/token", json={"spec": {"expirationSeconds": 3600}}
    ).raise_for_status()
    other = kubeconfig.client(file, made.json()["status"]["token"])
    _wait_for(other, space, rules[0])
    return other


def _wait_for(client: httpx.Client, space: str, rule: Any) -> None:
    """A new binding counts after a moment."""
    what = {"verb": rule["verbs"][0], "group": rule["apiGroups"][0], "namespace": space}
    what["resource"], _, what["subresource"] = rule["resources"][0].partition("/")
    for _ in range(100):
        path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        answer = client.post(path, json={"spec": {"resourceAttributes": what}})
        if answer.status_code == 201 and answer.json()["status"]["allowed"]:
            return
        time.sleep(0.1)
    raise TimeoutError("The rights of a new role binding did not come.")


def record(folder: Path, where: play.Where, version: str, how: str, chosen: list[str]) -> list[str]:
    """Play and write; what could not be taken, with the reason."""
    left, there = [], has(where)
    for name in chosen or script.names(folder):
        file = folder / f"{name}.yaml"
        transcript = script.load(file)
        lacking = set(transcript.get("needs") or []) - there
        if lacking:
            left.append(f"{name}: this cluster lacks {', '.join(sorted(lacking))}")
            continue
        try:
            answers = play.play(transcript, where)
        except (TimeoutError, httpx.HTTPError) as error:
            left.append(f"{name}: {error}")
            continue
        for step, answer in zip(transcript["steps"], answers, strict=True):
            step["answer"] = answer
        transcript.pop("pending", None)
        today, nodes = datetime.now(UTC).date().isoformat(), len(where.words)
        transcript["taken"] = {"kubernetes": version, "nodes": nodes, "on": today, "how": how}
        script.yaml().dump(transcript, file)
        print(f"{name}: taken")
    return left


def main() -> int:
    """The command."""
    file = os.environ.get("NOTEBENCH_TEST_KUBECONFIG")
    if not file:
        print("Set NOTEBENCH_TEST_KUBECONFIG to the kubeconfig of a cluster for tests.", file=sys.stderr)
        return 2
    where = cluster(Path(file))
    version = where.client.get("/version").json()["gitVersion"]
    if OURS in version:
        print("This is the stand-in. Transcripts are taken from Kubernetes only.", file=sys.stderr)
        return 2
    began = time.monotonic()
    left = record(script.FOLDER, where, version, "python -m tests.kube.record", sys.argv[1:])
    print(*left, f"{time.monotonic() - began:.0f} s", sep="\n")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
