"""The three kinds of PATCH, as pure functions from an object and a patch to the new object.

Transcript: patch-merge. Transcript: patch-strategic. Transcript: patch-json.
"""

import copy
from typing import Any

from tests.kube.standin import status
from tests.kube.standin.kinds import Object

JSON = "application/json-patch+json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"

_KEYS = {
    "containers": "name", "initContainers": "name", "env": "name", "volumes": "name",
    "volumeMounts": "mountPath",
    "imagePullSecrets": "name", "conditions": "type", "ownerReferences": "uid", "secrets": "name",
    "hostAliases": "ip", "topologySpreadConstraints": "topologyKey", "podIPs": "ip",
}  # fmt: skip
"""Lists that a strategic patch merges, by which field; every other list is replaced."""
_SETS = {"finalizers"}
"""Lists of words that a strategic patch adds to."""


def apply(thing: Object, patch: Any, content_type: str) -> Object:
    """The object after a patch of that content type."""
    match content_type.partition(";")[0].strip():
        case "application/json-patch+json":
            return _json_patch(thing, patch)
        case "application/merge-patch+json":
            return dict(_merge(thing, patch))
        case "application/strategic-merge-patch+json":
            return dict(_strategic(thing, patch))
    raise status.unsupported_media_type([JSON, MERGE, STRATEGIC])


def _merge(old: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    new = dict(old) if isinstance(old, dict) else {}
    for key, value in patch.items():
        if value is None:
            new.pop(key, None)
        else:
            new[key] = _merge(new.get(key), value)
    return new


def _strategic(old: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    if patch.get("$patch") == "replace":
        return {key: value for key, value in patch.items() if key != "$patch"}
    new = dict(old) if isinstance(old, dict) else {}
    for key, value in patch.items():
        if key.startswith("$deleteFromPrimitiveList/"):
            word = key.partition("/")[2]
            new[word] = [one for one in new.get(word) or [] if one not in value] or None
        elif key.startswith("$"):
            continue  # the order of lists, and which keys a client retains: hints that change no value here
        elif value is None:
            new.pop(key, None)
        elif isinstance(value, list):
            new[key] = _list(key, new.get(key) or [], value)
        else:
            new[key] = _strategic(new.get(key), value)
    return new


def _list(key: str, old: list[Any], patch: list[Any]) -> list[Any]:
    if key in _SETS:
        return patch + [word for word in old if word not in patch]
    objects = all(isinstance(one, dict) for one in patch)
    if key == "ports" and objects:
        by = "port" if any("port" in one for one in [*old, *patch]) else "containerPort"
    else:
        by = _KEYS.get(key, "")
    if not by or not objects:
        return copy.deepcopy(patch)
    if any(one.get("$patch") == "replace" for one in patch):
        return [one for one in patch if "$patch" not in one]
    merged = {one.get(by): one for one in old}
    for one in patch:
        if one.get("$patch") == "delete":
            merged.pop(one.get(by), None)
        else:
            merged[one.get(by)] = _strategic(merged.get(one.get(by)), one)
    return list(merged.values())


def _json_patch(thing: Object, steps: Any) -> Object:
    if not isinstance(steps, list):
        raise status.bad_request(
            "error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch"
        )
    new = copy.deepcopy(thing)
    for step in steps:
        try:
            _step(new, step)
        except (KeyError, IndexError, TypeError, ValueError):
            message = "the server rejected our request due to an error in our request"
            raise status.Refused(422, "Invalid", message, {}) from None
    return new


def _step(new: Object, step: Object) -> None:
    path = _words(step["path"])
    match step["op"]:
        case "add":
            _put(new, path, copy.deepcopy(step["value"]), insert=True)
        case "replace":
            _take(new, path, keep=True)
            _put(new, path, copy.deepcopy(step["value"]), insert=False)
        case "remove":
            _take(new, path)
        case "move":
            _put(new, path, _take(new, _words(step["from"])), insert=True)
        case "copy":
            _put(new, path, copy.deepcopy(_take(new, _words(step["from"]), keep=True)), insert=True)
        case "test":
            if _take(new, path, keep=True) != step["value"]:
                raise ValueError
        case other:
            raise ValueError(other)


def _words(path: str) -> list[str]:
    return [word.replace("~1", "/").replace("~0", "~") for word in path.split("/")[1:]]


def _inside(here: Any, path: list[str]) -> Any:
    for word in path[:-1]:
        here = here[int(word)] if isinstance(here, list) else here[word]
    return here


def _put(new: Object, path: list[str], value: Any, *, insert: bool) -> None:
    here, last = _inside(new, path), path[-1]
    if isinstance(here, dict):
        here[last] = value
    elif insert:
        here.insert(len(here) if last == "-" else int(last), value)
    else:
        here[int(last)] = value


def _take(new: Object, path: list[str], *, keep: bool = False) -> Any:
    here, last = _inside(new, path), path[-1]
    key: Any = int(last) if isinstance(here, list) else last
    value = here[key]
    if not keep:
        del here[key]
    return value
