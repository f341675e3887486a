"""The Restricted Pod Security Standard as a function, written from its public list of controls.

Restricted means all controls of Baseline and its own. A control that the standard leaves out for a Kubernetes
version is kept here in its strictest form, so that what passes here passes everywhere.
"""

from collections.abc import Iterator
from typing import Any

ADDABLE = {"NET_BIND_SERVICE"}
VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}
SAFE_SYSCTLS = {
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_syncookies",
}
SELINUX_TYPES = {"", "container_t", "container_init_t", "container_kvm_t"}
PROFILES = {"RuntimeDefault", "Localhost"}
APPARMOR = "container.apparmor.security.beta.kubernetes.io/"

Found = Iterator[str]


def violations(pod: dict[str, Any]) -> list[str]:
    """Each field of a pod, or of a template of one, that the standard does not allow."""
    spec = pod["spec"]
    found = [*_pod(spec), *_annotations(pod.get("metadata", {}).get("annotations", {}))]
    for place in ("initContainers", "containers", "ephemeralContainers"):
        for container in spec.get(place, []):
            problems = _container(container, spec.get("securityContext", {}))
            found += [f"{place}/{container['name']}: {one}" for one in problems]
    return found


def _pod(spec: dict[str, Any]) -> Found:
    context = spec.get("securityContext", {})
    yield from (f"{name} is shared" for name in ("hostNetwork", "hostPID", "hostIPC") if spec.get(name))
    for volume in spec.get("volumes", []):
        yield from (f"volume {kind}" for kind in volume.keys() - {"name"} - VOLUMES)
    for sysctl in context.get("sysctls", []):
        if sysctl["name"] not in SAFE_SYSCTLS:
            yield f"sysctl {sysctl['name']}"
    yield from _context(context)


def _annotations(annotations: dict[str, str]) -> Found:
    for key, value in annotations.items():
        allowed = value == "runtime/default" or value.startswith("localhost/")
        if key.startswith(APPARMOR) and not allowed:
            yield f"annotation {key}"


def _container(container: dict[str, Any], pod: dict[str, Any]) -> Found:
    context = container.get("securityContext", {})
    if context.get("privileged"):
        yield "privileged"
    if context.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation is not false"
    if context.get("procMount", "Default") != "Default":
        yield "procMount"
    capabilities = context.get("capabilities", {})
    if "ALL" not in capabilities.get("drop", []):
        yield "capabilities are not dropped"
    yield from (f"capability {name}" for name in set(capabilities.get("add", [])) - ADDABLE)
    if context.get("runAsNonRoot", pod.get("runAsNonRoot")) is not True:
        yield "runAsNonRoot is not true"
    if (context.get("seccompProfile") or pod.get("seccompProfile") or {}).get("type") not in PROFILES:
        yield "no seccompProfile"
    yield from (
        f"host port {port['hostPort']}" for port in container.get("ports", []) if port.get("hostPort")
    )
    yield from _context(context)
    yield from _asked_elsewhere(container)


def _context(context: dict[str, Any]) -> Found:
    """What is checked in the contexts of pods and of containers alike."""
    if context.get("runAsUser") == 0:
        yield "runAsUser is root"
    if context.get("runAsNonRoot") is False:
        yield "runAsNonRoot is false"
    if context.get("windowsOptions", {}).get("hostProcess"):
        yield "hostProcess"
    for name in ("seccompProfile", "appArmorProfile"):
        if name in context and context[name]["type"] not in PROFILES:
            yield f"{name} {context[name]['type']}"
    selinux = context.get("seLinuxOptions", {})
    if selinux.get("type", "") not in SELINUX_TYPES or selinux.get("user") or selinux.get("role"):
        yield "seLinuxOptions"


def _asked_elsewhere(container: dict[str, Any]) -> Found:
    """Probes and hooks that make the node ask some other host."""
    hooks = container.get("lifecycle", {})
    probes = [container.get(name, {}) for name in ("livenessProbe", "readinessProbe", "startupProbe")]
    for handler in (*probes, hooks.get("postStart", {}), hooks.get("preStop", {})):
        yield from (
            f"a probe of host {handler[way]['host']}"
            for way in ("httpGet", "tcpSocket")
            if handler.get(way, {}).get("host")
        )
