"""What a container's environment variables and words become. Transcript: environment."""

import base64
import re

from tests.kube.standin import quantity
from tests.kube.standin.kinds import CONFIG_MAPS, SECRETS, Object
from tests.kube.standin.store import Store

_REFERENCE = re.compile(r"\$(\$|\((?P<name>[^)]*)\))")


class NotThere(Exception):
    """A Secret or ConfigMap, or a key in it, that a container needs."""


def expand(text: str, variables: dict[str, str]) -> str:
    """`$(NAME)` as Kubernetes puts it in: unknown names stay as they are, `$$` is a dollar."""

    def put_in(found: re.Match[str]) -> str:
        if found[0] == "$$":
            return "$"
        return variables.get(found["name"], found[0])

    return _REFERENCE.sub(put_in, text)


def variables(store: Store, pod: Object, container: Object, address: str) -> dict[str, str]:
    """`envFrom` and `env`, in order; later ones see the ones before."""
    space = pod["metadata"]["namespace"]
    found: dict[str, str] = {}
    for one in container.get("envFrom") or []:
        kind, source = (
            (SECRETS, one["secretRef"]) if "secretRef" in one else (CONFIG_MAPS, one["configMapRef"])
        )
        held = data(store, kind is SECRETS, space, source["name"], optional=source.get("optional"))
        found |= {one.get("prefix", "") + key: content.decode() for key, content in held.items()}
    for one in container.get("env") or []:
        if "valueFrom" in one:
            value = _from(store, pod, container, one["valueFrom"], address)
            if value is not None:
                found[one["name"]] = value
        else:
            found[one["name"]] = expand(one.get("value") or "", found)
    return found


def _from(store: Store, pod: Object, container: Object, source: Object, address: str) -> str | None:
    if field := source.get("fieldRef"):
        return _field(pod, field["fieldPath"], address)
    if wanted := source.get("resourceFieldRef"):
        which, _, name = wanted["resource"].partition(".")
        amount = ((container.get("resources") or {}).get(which) or {}).get(name, "0")
        return str(-(-quantity.parse(amount) // quantity.parse(wanted.get("divisor") or "1")))
    secret = "secretKeyRef" in source
    ref = source["secretKeyRef" if secret else "configMapKeyRef"]
    held = data(store, secret, pod["metadata"]["namespace"], ref["name"], optional=ref.get("optional"))
    if ref["key"] in held:
        return held[ref["key"]].decode()
    if ref.get("optional"):
        return None
    what = "Secret" if secret else "ConfigMap"
    raise NotThere(f"couldn't find key {ref['key']} in {what} {pod['metadata']['namespace']}/{ref['name']}")


def _field(pod: Object, path: str, address: str) -> str:
    meta = pod["metadata"]
    if found := re.fullmatch(r"metadata\.(labels|annotations)\['(.*)'\]", path):
        return str((meta.get(found[1]) or {}).get(found[2], ""))
    known: dict[str, str] = {
        "metadata.name": meta["name"],
        "metadata.namespace": meta["namespace"],
        "metadata.uid": meta["uid"],
        "spec.nodeName": pod["spec"].get("nodeName", ""),
        "spec.serviceAccountName": pod["spec"].get("serviceAccountName", ""),
        "status.hostIP": "127.0.0.1",
        "status.podIP": address,
        "status.podIPs": address,
    }
    return known[path]


def data(
    store: Store, secret: bool, namespace: str, name: str, *, optional: bool | None = False
) -> dict[str, bytes]:
    """What a Secret or ConfigMap holds."""
    thing = store.find(SECRETS if secret else CONFIG_MAPS, namespace, name)
    if not thing:
        if optional:
            return {}
        raise NotThere(f'{"secret" if secret else "configmap"} "{name}" not found')
    if not secret:
        plain = {key: value.encode() for key, value in (thing.get("data") or {}).items()}
        return plain | {
            key: base64.b64decode(value) for key, value in (thing.get("binaryData") or {}).items()
        }
    return {key: base64.b64decode(value) for key, value in (thing.get("data") or {}).items()}
