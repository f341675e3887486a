"""Who may talk to whom, decided from the policies as a cluster's network decides it."""

from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from notebench_spawner.pods.model_server import Replicas, deployment_spec
from notebench_spawner.pods.pod import pod_spec
from notebench_spawner.pods.settings import Pods
from notebench_spawner.sessions.session_pod import session_manifest
from notebench_spawner.workload import Kind

from tests.chart.rendering import SPACE, objects
from tests.unit.kubernetes.workloads import workload

Labels = dict[str, str]
BELOW = {"app.kubernetes.io/name": "jupyterhub", "app.kubernetes.io/instance": "bench"}
ACCESS = "hub.jupyter.org/network-access-singleuser"


def session(user: str) -> Labels:
    """With the words that KubeSpawner finds its pods by."""
    given = {**BELOW, "app.kubernetes.io/component": "singleuser-server"}
    one = workload(Kind.session)
    made = session_manifest(one, Pods(), name=user, labels=given, annotations={}, env=[])
    return dict(made["metadata"]["labels"])


def part(name: str) -> Labels:
    return {
        "app.kubernetes.io/name": "notebench",
        "app.kubernetes.io/instance": "bench",
        "app.kubernetes.io/component": name,
    }


PODS: dict[str, Labels] = {
    "session": session("ada"),
    "another session": session("ben"),
    "run": pod_spec(workload(Kind.run), Pods())["metadata"]["labels"],
    "model server": deployment_spec(workload(Kind.model_server), Pods(), Replicas())["spec"]["template"][
        "metadata"
    ]["labels"],
    "service": part("service"),
    "mlflow": part("mlflow"),
    "postgresql": part("postgresql"),
    "hub": {**BELOW, "app.kubernetes.io/component": "hub", ACCESS: "true"},
    "proxy": {**BELOW, "app.kubernetes.io/component": "proxy", ACCESS: "true"},
    "somebody else": {"app": "database"},
}
ADDRESSES = {
    "internet": "93.184.215.14",
    "cluster's API": "10.96.0.1",
    "node": "192.168.1.10",
    "metadata": "169.254.169.254",
    "metadata, IPv6": "fd00:ec2::254",
}
PORTS = {
    "hub": 8081,
    "proxy": 8000,
    "service": 8080,
    "mlflow": 5000,
    "model server": "http",
    "session": "notebook-port",
}
WANTED = {
    "session": {"hub", "proxy", "service", "internet", "names"},
    "run": {"hub", "proxy", "service", "internet", "names"},
    "model server": {"service", "names"},
    "mlflow": {"names"},
    "service": {"hub", "mlflow", "model server", "names", "internet", "cluster's API", "node"},
}


def selected(selector: dict[str, Any], labels: Labels) -> bool:
    words = selector.get("matchLabels", {}).items() <= labels.items()
    return words and all(
        labels.get(one["key"]) in one["values"] for one in selector.get("matchExpressions", [])
    )


def peer(rule: dict[str, Any], target: str, space: str) -> bool:
    if target in ADDRESSES:
        block, found = rule.get("ipBlock"), ip_address(ADDRESSES[target])
        if not block or found not in ip_network(block["cidr"]):
            return False
        return not any(found in ip_network(one) for one in block.get("except", []))
    if "ipBlock" in rule:
        return False
    spaces = rule.get("namespaceSelector", {"matchLabels": {"kubernetes.io/metadata.name": SPACE}})
    if not selected(spaces, {"kubernetes.io/metadata.name": space}):
        return False
    return target == "names" or selected(rule.get("podSelector", {}), PODS[target])


def policies(values: dict[str, Any], pod: str, direction: str) -> list[dict[str, Any]]:
    return [
        one["spec"]
        for one in objects(values)
        if one["kind"] == "NetworkPolicy"
        and selected(one["spec"]["podSelector"], PODS[pod])
        and direction in one["spec"]["policyTypes"]
    ]


def gets_out(values: dict[str, Any], source: str, target: str) -> bool:
    found, space = policies(values, source, "Egress"), "kube-system" if target == "names" else SPACE
    rules = [rule for one in found for rule in one["egress"]]
    return not found or any(peer(one, target, space) for rule in rules for one in rule["to"])


def gets_in(values: dict[str, Any], source: str, target: str) -> bool:
    found = policies(values, target, "Ingress") if target in PODS else []
    rules = [rule for one in found for rule in one["ingress"]]
    return not found or any(peer(one, source, SPACE) for rule in rules for one in rule["from"])


def reached(values: dict[str, Any], source: str) -> set[str]:
    targets = {*PODS, *ADDRESSES, "names"} - {source}
    return {one for one in targets if gets_out(values, source, one) and gets_in(values, source, one)}


@pytest.mark.parametrize("source", WANTED)
def test_it_reaches_what_it_needs_and_nothing_else(source: str) -> None:
    assert reached({}, source) == WANTED[source]


@pytest.mark.parametrize("target", ["session", "run", "model server", "service", "mlflow"])
def test_nobody_comes_in_who_has_no_business_there(target: str) -> None:
    who = {
        "session": {"hub", "proxy"},
        "run": {"hub", "proxy"},
        "model server": {"service"},
        "service": {"hub", "proxy", "session", "another session", "run", "model server"},
        "mlflow": {"service"},
    }[target]
    assert {one for one in PODS if one != target and gets_in({}, one, target)} == who


def test_only_who_has_a_database_reaches_the_server() -> None:
    values = {"postgresql": {"enabled": True}}
    assert {one for one in PODS if "postgresql" in reached(values, one)} == {"service", "mlflow", "hub"}
    assert reached(values, "postgresql") == set()


def test_without_internet_a_session_has_none() -> None:
    assert reached({"networkPolicy": {"internet": False}}, "session") == WANTED["session"] - {"internet"}


def test_open_model_servers_reach_the_internet_and_nothing_inside() -> None:
    values = {"settings": {"model_servers": {"network": "open"}}}
    assert reached(values, "model server") == {"service", "names", "internet"}


def test_without_policies_everybody_reaches_everybody() -> None:
    """So that the tests above do not hold by a mistake of theirs."""
    assert reached({"networkPolicy": {"enabled": False}}, "session") == {*PODS, *ADDRESSES, "names"} - {
        "session"
    }


def test_ports_are_those_that_pods_have() -> None:
    made = objects()
    opened = {
        port["name"]: port["containerPort"]
        for one in made
        if one["kind"] == "Deployment"
        for port in one["spec"]["template"]["spec"]["containers"][0]["ports"]
    }
    assert opened["http"] in (8080, 5000)
    named = [
        port["port"]
        for one in made
        if one["kind"] == "NetworkPolicy"
        for rule in (*one["spec"]["ingress"], *one["spec"]["egress"])
        for port in rule.get("ports", [])
    ]
    assert set(named) <= {53, 5353, *PORTS.values()}
