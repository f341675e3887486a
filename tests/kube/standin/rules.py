"""What the API refuses in an object: another kind, another namespace, and what cannot be changed."""

import copy
from typing import Any

from tests.kube.standin import status
from tests.kube.standin.kinds import CLAIMS, NAMESPACES, PODS, Kind, Object
from tests.kube.standin.store import Store


def as_object(kind: Kind, given: Any) -> Object:
    """The body as an object of that kind. Transcript: bad-requests."""
    if not isinstance(given, dict):
        raise status.bad_request("the request body is not an object")
    thing = copy.deepcopy(given)
    thing.setdefault("kind", kind.name)
    thing.setdefault("apiVersion", kind.api_version)
    if thing["apiVersion"] != kind.api_version:
        raise status.bad_request(
            f"the API version in the data ({thing['apiVersion']}) does not match the expected API version "
            f"({kind.api_version})"
        )
    if thing["kind"] != kind.name:
        raise status.bad_request(
            f'{thing["kind"]} in version "{kind.version}" cannot be handled as a {kind.name}: converting '
            f"({kind.group or 'v1'}.{thing['kind']}) to ({kind.group or 'core'}.{kind.name}): unknown "
            f"conversion"
        )
    return thing


def in_namespace(store: Store, kind: Kind, meta: Object, namespace: str) -> None:
    """Transcript: namespaces."""
    if meta.setdefault("namespace", namespace) != namespace:
        raise status.bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    room = store.find(NAMESPACES, "", namespace)
    if not room:
        raise status.not_found(NAMESPACES, namespace)
    if room["status"]["phase"] == "Terminating":
        refused = status.forbidden(
            kind,
            meta.get("name", ""),
            f"unable to create new content in namespace {namespace} because it is being terminated",
        )
        cause = {
            "reason": "NamespaceTerminating",
            "message": f"namespace {namespace} is being terminated",
            "field": "metadata.namespace",
        }
        refused.details = (refused.details or {}) | {"causes": [cause]}
        raise refused


def unchanged(kind: Kind, old: Object, new: Object) -> None:
    """What cannot be changed afterwards: a pod's containers, a claim's storage class.

    Transcript: immutable.
    """
    if kind is PODS:
        moved = old["spec"].get("nodeName") not in (None, new["spec"].get("nodeName"))
        if moved or _containers(old) != _containers(new):
            raise status.invalid(
                kind,
                old["metadata"]["name"],
                "spec",
                "FieldValueForbidden",
                "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
                "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only "
                "additions to "
                "existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if "
                "it was "
                "previously negative)",
            )
    elif kind is CLAIMS and old["spec"].get("accessModes") != new["spec"].get("accessModes"):
        raise status.invalid(
            kind,
            old["metadata"]["name"],
            "spec",
            "FieldValueForbidden",
            "Forbidden: spec is immutable after creation except resources.requests and "
            "volumeAttributesClassName "
            "for bound claims",
        )


def _containers(pod: Object) -> list[Any]:
    return [(one["name"], one.get("command"), one.get("env")) for one in pod["spec"]["containers"]]
