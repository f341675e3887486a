"""A transcript: requests, and what a real cluster answered; or what is still pending, and why.

claim: One sentence that says what this shows.
read_in: where in Kubernetes' sources or documentation the expectation was read
needs: [nodes-2]       what a cluster must have for it, besides the ordinary; see record.py
rules: […]             a Role's rules; steps with `as: limited` are sent with just these
pending: why there is no answer yet; gone once it was taken
taken: {kubernetes: v1.34.2, nodes: 1, on: 2026-12-01, how: record.py against …}
steps:
  - request: {method: POST, path: "/api/v1/namespaces/{space}/pods", query: {}, headers: {}, body: {}}
    as: admin          or limited, or nobody
    keep: {uid: body.metadata.uid}      words that later steps may use as {uid}
    until: {body.status.phase: Running} ask again until it is so
    watch: 3                            read so many events
    compare: [code, body.reason]        which parts the stand-in must answer alike
    answer: {code: 201, headers: {}, body: {}, events: []}
"""

import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

FOLDER = Path(__file__).parent / "transcripts"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_ADDRESS = re.compile(r"\b\d{1,3}(\.\d{1,3}){3}\b")
_RANDOM = re.compile(r"(?<=[a-z0-9]-)[bcdfghjklmnpqrstvwxz2456789]{5}(?![\w-])")
_NUMBERS = re.compile(r"(resource version: )(\d+)(?:(, current: |\s\()(\d+)(\)?))?")
_STATUS = ["code", "body.kind", "body.status", "body.message", "body.reason", "body.details", "body.code"]
_SUCCESS = ["code", "body.kind", "body.apiVersion"]


def yaml() -> YAML:
    reader = YAML()
    reader.width, reader.preserve_quotes = 110, True
    return reader


def load(file: Path) -> Any:
    return yaml().load(file)


def names(folder: Path = FOLDER) -> list[str]:
    return sorted(file.stem for file in folder.glob("*.yaml"))


def filled(value: Any, words: dict[str, str]) -> Any:
    """`{word}` replaced in all strings; a brace that is no known word stays."""
    if isinstance(value, str):
        return re.sub(r"\{([\w-]+)\}", lambda found: words.get(found[1], found[0]), value)
    if isinstance(value, dict):
        return {filled(key, words): filled(one, words) for key, one in value.items()}
    return [filled(one, words) for one in value] if isinstance(value, list) else value


def parts(value: Any, path: str) -> Any:
    """What is at a dotted path; `*` stands for each item of a list, and a number for one."""
    here = value
    words = path.split(".")
    for at, word in enumerate(words):
        if word == "*":
            return [parts(one, ".".join(words[at + 1 :])) if words[at + 1 :] else one for one in here or []]
        if isinstance(here, list):
            here = here[int(word)] if len(here) > int(word) else None
        else:
            here = here.get(word) if isinstance(here, dict) else None
    return here


def neutral(value: Any, words: dict[str, str]) -> Any:
    """The answer without what differs from one cluster, or one time, to the next."""
    if isinstance(value, dict):
        kept = {key: one for key, one in value.items() if key not in ("managedFields", "selfLink")}
        return {
            neutral(key, words): "<version>"
            if key in ("resourceVersion", "continue") and one
            else neutral(one, words)
            for key, one in kept.items()
        }
    if isinstance(value, list):
        return [neutral(one, words) for one in value]
    if not isinstance(value, str):
        return value
    for name, word in sorted(words.items(), key=lambda one: -len(one[1])):
        value = value.replace(word, f"{{{name}}}") if len(word) > 3 else value
    for pattern, mark in (
        (_UUID, "<uid>"),
        (_TIME, "<time>"),
        (_ADDRESS, "<address>"),
        (_RANDOM, "<random>"),
    ):
        value = pattern.sub(mark, value)
    return _NUMBERS.sub(
        lambda found: (
            found[1] + "<number>" + (found[3] or "") + ("<number>" if found[4] else "") + (found[5] or "")
        ),
        value,
    )


def compared(step: Any) -> list[str]:
    """Which parts of a step's answer count."""
    if step.get("compare"):
        return list(step["compare"])
    failed = (step.get("answer") or {}).get("code", 200) >= 400
    return _STATUS if failed else _SUCCESS


def differences(step: Any, theirs: Any, ours: Any) -> list[str]:
    """Where the stand-in answered otherwise than the cluster did."""
    return [
        f"{step['request']['method']} {step['request']['path']}: {path} is {parts(ours, path)!r}, "
        f"in Kubernetes {parts(theirs, path)!r}"
        for path in compared(step)
        if parts(ours, path) != parts(theirs, path)
    ]
