"""Pods of the stand-in are processes: they run, listen, write, end, fail and are taken away."""

import base64
import time
from pathlib import Path

import httpx
import pytest

from tests.kube.conftest import CLAIMS, IMAGE, PODS, SPACE, Client, pod
from tests.kube.standin.cluster import Cluster
from tests.kube.standin.images import Image
from tests.kube.standin.kinds import Object

SERVE = """
import http.server, os, sys
class Here(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        fine = self.path != "/ready" or os.path.exists("ready")
        self.send_response(200 if fine else 503)
        self.end_headers()
        self.wfile.write(os.environ["WHO"].encode())
http.server.ThreadingHTTPServer((sys.argv[1], 8888), Here).serve_forever()
"""


def server(name: str, **spec: object) -> Object:
    command = ["python", "-c", SERVE, "0.0.0.0"]
    env = [{"name": "WHO", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]
    return pod(name, container={"command": command, "env": env}, **spec)


def answer(address: str) -> str:
    for _ in range(100):
        try:
            return httpx.get(f"http://{address}:8888/").text
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(f"nobody listens at {address}")


def test_a_pod_runs_to_its_end(api: Client) -> None:
    api.make(PODS, pod("one", "print('hello', flush=True); import sys; print('out', file=sys.stderr)"))
    done = api.phase("one", "Succeeded")
    state = done["status"]["containerStatuses"][0]["state"]["terminated"]
    assert (state["exitCode"], state["reason"]) == (0, "Completed")
    assert api.get(f"{PODS}/one/log").text == "hello\nout\n"
    assert api.get(f"{PODS}/one/log?tailLines=1").text == "out\n"
    conditions = {one["type"]: one["status"] for one in done["status"]["conditions"]}
    assert (conditions["PodScheduled"], conditions["Ready"]) == ("True", "False")
    assert {"Scheduled", "Pulled", "Started"} <= {
        one["reason"] for one in api.read(f"/api/v1/namespaces/{SPACE}/events")["items"]
    }


def test_a_failed_pod_keeps_its_exit_code(api: Client) -> None:
    api.make(PODS, pod("one", "import sys; sys.exit('no ' * 2)"))
    state = api.phase("one", "Failed")["status"]["containerStatuses"][0]["state"]["terminated"]
    assert (state["exitCode"], state["reason"]) == (1, "Error")


def test_pods_listen_on_the_same_port(api: Client) -> None:
    for name in ("one", "two"):
        api.make(PODS, server(name))
    addresses = {name: api.phase(name, "Running")["status"]["podIP"] for name in ("one", "two")}
    assert addresses["one"] != addresses["two"]
    assert {name: answer(address) for name, address in addresses.items()} == {"one": "one", "two": "two"}


def test_readiness_comes_from_the_probe(api: Client, cluster: Cluster) -> None:
    probe = {"httpGet": {"path": "/ready", "port": "http"}, "periodSeconds": 1}
    body = server("one")
    body["spec"]["containers"][0] |= {
        "readinessProbe": probe,
        "ports": [{"name": "http", "containerPort": 8888}],
        "workingDir": "/home/jovyan",
    }
    api.make(PODS, body)
    api.told("Unhealthy")
    status = api.phase("one", "Running")["status"]
    assert status["containerStatuses"][0]["ready"] is False
    (number,) = cluster.processes().values()
    where = Path(f"/proc/{number}/cwd").resolve()
    (where / "ready").touch()
    api.until(f"{PODS}/one", lambda one: one["status"]["containerStatuses"][0]["ready"])


def test_files_of_a_claim_outlive_the_pod(api: Client) -> None:
    api.make(CLAIMS, claim("home"))
    mounted = {"volumes": [{"name": "home", "persistentVolumeClaim": {"claimName": "home"}}]}
    at = {"volumeMounts": [{"name": "home", "mountPath": "/home/jovyan"}]}
    write = "import os; open(os.environ['HOME'] + '/a.txt', 'w').write('kept')"
    env = {"env": [{"name": "HOME", "value": "/home/jovyan"}]}
    api.make(PODS, pod("writes", write, container=at | env, **mounted))
    api.phase("writes", "Succeeded")
    api.delete(f"{PODS}/writes")
    api.make(PODS, pod("reads", "print(open('/home/jovyan/a.txt').read())", container=at, **mounted))
    api.phase("reads", "Succeeded")
    assert api.get(f"{PODS}/reads/log").text == "kept\n"


def claim(name: str, mode: str = "ReadWriteOnce", kind: str = "disks") -> Object:
    spec = {
        "accessModes": [mode],
        "resources": {"requests": {"storage": "1Gi"}},
        "storageClassName": kind,
    }
    return {"metadata": {"name": name}, "spec": spec}


def test_secrets_are_variables_and_files(api: Client) -> None:
    see = "import os; print(os.environ['TOKEN'], os.environ['BOTH'], open('/etc/door/key').read())"
    source = {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "door", "key": "key"}}}
    body = pod(
        "one",
        see,
        container={
            "env": [source, {"name": "BOTH", "value": "$(TOKEN)-$(NOT_THERE)-$$(TOKEN)"}],
            "volumeMounts": [{"name": "door", "mountPath": "/etc/door"}],
        },
        volumes=[{"name": "door", "secret": {"secretName": "door"}}],
    )
    api.make(PODS, body)
    waiting = api.until(f"{PODS}/one", lambda one: _waits(one) == "CreateContainerConfigError")
    assert waiting["status"]["phase"] == "Pending"
    data = {"key": base64.b64encode(b"s3").decode()}
    api.make(f"/api/v1/namespaces/{SPACE}/secrets", {"metadata": {"name": "door"}, "data": data})
    api.phase("one", "Succeeded")
    assert api.get(f"{PODS}/one/log").text == "s3 s3-$(NOT_THERE)-$(TOKEN) s3\n"


def _waits(one: Object) -> str:
    for status in one["status"].get("containerStatuses") or []:
        return str((status["state"].get("waiting") or {}).get("reason", ""))
    return ""


def test_an_unknown_image_backs_off_until_it_is_there(api: Client, cluster: Cluster) -> None:
    api.make(PODS, pod("one", "print(1)", container={"image": "registry.example/late:1"}))
    api.until(f"{PODS}/one", lambda one: _waits(one) == "ImagePullBackOff")
    assert 'Failed to pull image "registry.example/late:1"' in api.told("Failed")["message"]
    refused = api.read(f"{PODS}/one/log", 400)
    assert refused["message"].startswith('container "main" in pod "one" is waiting to start: ')
    known = cluster.images.find(IMAGE)
    assert known is not None
    cluster.images.add("registry.example/late:1", Image(programs=known.programs))
    api.phase("one", "Succeeded")


def test_a_container_that_keeps_failing_is_started_less_and_less_often(api: Client) -> None:
    api.make(PODS, pod("one", "raise SystemExit(3)", restartPolicy="Always"))
    looping = api.until(f"{PODS}/one", lambda one: _waits(one) == "CrashLoopBackOff")
    status = looping["status"]["containerStatuses"][0]
    assert status["restartCount"] >= 2
    assert status["lastState"]["terminated"]["exitCode"] == 3
    assert looping["status"]["phase"] == "Running"


def test_init_containers_come_first_and_can_fail_the_pod(api: Client) -> None:
    first = {"name": "first", "image": IMAGE, "command": ["python", "-c", "print('first')"]}
    api.make(PODS, pod("one", "print('then')", initContainers=[first]))
    api.phase("one", "Succeeded")
    assert api.get(f"{PODS}/one/log?container=first").text == "first\n"
    api.make(PODS, pod("two", "print(1)", initContainers=[first | {"command": ["python", "-c", "1/0"]}]))
    failed = api.phase("two", "Failed")["status"]
    assert "running" not in failed["containerStatuses"][0]["state"]


def test_a_log_can_be_followed(api: Client) -> None:
    api.make(PODS, pod("one", "import time; print('a', flush=True); time.sleep(0.5); print('b', flush=True)"))
    api.until(f"{PODS}/one/log", lambda text: isinstance(text, str) and "a" in text)
    with api.stream("GET", f"{PODS}/one/log?follow=true") as stream:
        assert list(stream.iter_lines()) == ["a", "b"]


@pytest.mark.parametrize("unknown", ["side", "x"])
def test_logs_name_what_they_do_not_know(api: Client, unknown: str) -> None:
    api.make(PODS, pod("one"))
    said = api.read(f"{PODS}/one/log?container={unknown}", 400)["message"]
    assert said == f"container {unknown} is not valid for pod one"
