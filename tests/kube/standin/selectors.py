"""Label and field selectors."""

import re
from collections.abc import Callable
from typing import Any

from tests.kube.standin import status
from tests.kube.standin.kinds import EVENTS, JOBS, NODES, PODS, Kind, Object

Test = Callable[[dict[str, str]], bool]

_SETS = re.compile(r"^\s*(?P<key>\S+)\s+(?P<how>in|notin)\s+\((?P<values>[^)]*)\)\s*$")
_EQUALS = re.compile(r"^\s*(?P<key>[^\s=!]+)\s*(?P<how>==|=|!=)\s*(?P<value>[^\s=!]*)\s*$")
_PRESENT = re.compile(r"^\s*(?P<no>!?)\s*(?P<key>[^\s=!()]+)\s*$")

FIELDS = {
    PODS: {"spec.nodeName", "spec.restartPolicy", "spec.serviceAccountName", "status.phase", "status.podIP"},
    EVENTS: {
        "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
        "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath",
        "reason", "type",
        "reportingComponent", "source",
    },
    NODES: {"spec.unschedulable"},
    JOBS: {"status.successful"},
}  # fmt: skip


def labels(text: str) -> Test:
    """The test that `labelSelector` means. Transcript: label-selectors."""
    tests = [_requirement(part) for part in re.split(r",(?![^(]*\))", text) if part.strip()]
    return lambda given: all(test(given) for test in tests)


def _requirement(text: str) -> Test:
    if found := _SETS.match(text):
        key, values = found["key"], {value.strip() for value in found["values"].split(",")}
        if found["how"] == "in":
            return lambda given: given.get(key) in values
        return lambda given: given.get(key) not in values
    if found := _EQUALS.match(text):
        key, value = found["key"], found["value"]
        if found["how"] == "!=":
            return lambda given: given.get(key) != value
        return lambda given: given.get(key) == value
    if found := _PRESENT.match(text):
        key, wanted = found["key"], not found["no"]
        return lambda given: (key in given) == wanted
    raise status.bad_request(f"unable to parse requirement: {text.strip()}")


def fields(kind: Kind, text: str) -> Callable[[Object], bool]:
    """The test that `fieldSelector` means; a field that is not selectable is refused.

    Transcript: field-selectors.
    """
    known = {"metadata.name", "metadata.namespace"} | FIELDS.get(kind, set())
    wanted: list[tuple[str, str, bool]] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        key, how, value = re.split(r"(==|!=|=)", part, maxsplit=1) if "=" in part else (part, "", "")
        if key not in known or not how:
            raise status.bad_request(
                f"field label not supported: {key}" if how else f"invalid selector: '{part}'"
            )
        wanted.append((key, value, how != "!="))
    return lambda thing: all((_field(thing, key) == value) == same for key, value, same in wanted)


def _field(thing: Object, path: str) -> str:
    here: Any = thing
    for word in path.split("."):
        here = here.get(word, "") if isinstance(here, dict) else ""
    if path == "source":
        here = here.get("component", "") if isinstance(here, dict) else ""
    return str(here).lower() if isinstance(here, bool) else str(here)


def chosen(kind: Kind, label_text: str, field_text: str) -> Callable[[Object], bool]:
    """Both selectors as one test of an object."""
    by_label, by_field = labels(label_text), fields(kind, field_text)
    return lambda thing: by_label(thing["metadata"].get("labels") or {}) and by_field(thing)


def matches(selector: Object | None, given: dict[str, str]) -> bool:
    """A `matchLabels`/`matchExpressions` selector of a manifest; an empty one matches everything."""
    selector = selector or {}
    if any(given.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    return all(_expression(one, given) for one in selector.get("matchExpressions") or [])


def _expression(one: Object, given: dict[str, str]) -> bool:
    value, values = given.get(one["key"]), one.get("values") or []
    match one["operator"]:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt":
            return value is not None and int(value) > int(values[0])
        case "Lt":
            return value is not None and int(value) < int(values[0])
    raise ValueError(f"Unknown operator {one['operator']!r}.")
