"""Every pod of a workload keeps the Restricted standard, whatever the workload and the settings say."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from notebench_spawner.pods.model_server import Replicas, deployment_spec
from notebench_spawner.pods.pod import pod_spec
from notebench_spawner.pods.run import job_spec
from notebench_spawner.pods.settings import Account, Pods
from notebench_spawner.workload import Kind, Workload
from pydantic import ValidationError

from tests.unit.kubernetes.anything import pod_settings, workloads
from tests.unit.kubernetes.restricted import APPARMOR, violations
from tests.unit.kubernetes.workloads import workload


@settings(max_examples=60, deadline=None)
@given(workloads(), pod_settings())
def test_every_pod_keeps_it(one: Workload, given_settings: Pods) -> None:
    pods = [
        pod_spec(one, given_settings),
        job_spec(one, given_settings)["spec"]["template"],
        deployment_spec(one, given_settings, Replicas())["spec"]["template"],
    ]
    assert [violations(pod) for pod in pods] == [[], [], []]
    assert [pod["spec"]["automountServiceAccountToken"] for pod in pods] == [False, False, False]
    assert not [pod for pod in pods if "serviceAccountName" in pod["spec"]]


@pytest.mark.parametrize("wrong", [{"user": 0}, {"group": 0}, {"files_group": 0}, {"more_groups": (0,)}])
def test_settings_cannot_name_root(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Account.model_validate(wrong)


BAD: dict[str, tuple[tuple[str | int, ...], Any]] = {
    "hostNetwork is shared": (("spec", "hostNetwork"), True),
    "hostPID is shared": (("spec", "hostPID"), True),
    "hostIPC is shared": (("spec", "hostIPC"), True),
    "volume hostPath": (("spec", "volumes", 0, "hostPath"), {"path": "/"}),
    "volume nfs": (("spec", "volumes", 0, "nfs"), {"server": "x", "path": "/"}),
    "sysctl kernel.msgmax": (
        ("spec", "securityContext", "sysctls"),
        [{"name": "kernel.msgmax", "value": "1"}],
    ),
    "runAsUser is root": (("spec", "securityContext", "runAsUser"), 0),
    "runAsNonRoot is false": (("spec", "securityContext", "runAsNonRoot"), False),
    "seccompProfile Unconfined": (("spec", "securityContext", "seccompProfile"), {"type": "Unconfined"}),
    "appArmorProfile Unconfined": (("spec", "securityContext", "appArmorProfile"), {"type": "Unconfined"}),
    "seLinuxOptions": (("spec", "securityContext", "seLinuxOptions"), {"type": "spc_t"}),
    "hostProcess": (("spec", "securityContext", "windowsOptions"), {"hostProcess": True}),
    f"annotation {APPARMOR}run": (("metadata", "annotations"), {f"{APPARMOR}run": "unconfined"}),
    "privileged": (("spec", "containers", 0, "securityContext", "privileged"), True),
    "allowPrivilegeEscalation is not false": (
        ("spec", "containers", 0, "securityContext"),
        {"capabilities": {"drop": ["ALL"]}},
    ),
    "procMount": (("spec", "containers", 0, "securityContext", "procMount"), "Unmasked"),
    "capabilities are not dropped": (("spec", "containers", 0, "securityContext", "capabilities"), {}),
    "capability CHOWN": (
        ("spec", "containers", 0, "securityContext", "capabilities"),
        {"drop": ["ALL"], "add": ["CHOWN", "NET_BIND_SERVICE"]},
    ),
    "runAsNonRoot is not true": (("spec", "securityContext"), {"seccompProfile": {"type": "RuntimeDefault"}}),
    "no seccompProfile": (("spec", "securityContext"), {"runAsNonRoot": True}),
    "host port 80": (("spec", "containers", 0, "ports"), [{"containerPort": 80, "hostPort": 80}]),
    "a probe of host 169.254.169.254": (
        ("spec", "containers", 0, "livenessProbe"),
        {"httpGet": {"host": "169.254.169.254", "path": "/", "port": 80}},
    ),
}


@pytest.mark.parametrize("problem", BAD)
def test_the_checker_sees(problem: str) -> None:
    (*way, last), value = BAD[problem]
    pod = deepcopy(pod_spec(workload(Kind.run), Pods()))
    place: Any = pod
    for step in way:
        place = place[step]
    place[last] = value
    assert [found for found in violations(pod) if problem in found]


def test_the_checker_looks_into_init_containers() -> None:
    pod = deepcopy(pod_spec(workload(Kind.run), Pods()))
    pod["spec"]["initContainers"] = [{"name": "block", "securityContext": {"privileged": True}}]
    assert "initContainers/block: privileged" in violations(pod)
