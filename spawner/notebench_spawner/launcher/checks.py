"""What the launcher accepts of what it is told. Everything else is refused."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from notebench.contract.errors import Refused
from pydantic import ValidationError

from notebench_spawner.catalogue.layers import layer_path
from notebench_spawner.hands import runtime_name
from notebench_spawner.launcher.accounts import check_name
from notebench_spawner.launcher.installation import Installation
from notebench_spawner.launcher.ready import Wish
from notebench_spawner.process import PASSED_ON
from notebench_spawner.workload import Kind, Workload

Words = Mapping[str, Any]

COMMANDS: Mapping[Kind, tuple[str, ...]] = {
    Kind.session: ("python", "-m", "notebench.lab.session"),
    Kind.run: ("python", "-m", "notebench.runner"),
    Kind.model_server: ("python", "-m", "notebench.serving"),
}
"""How the command of each kind begins: the image's or the layer's interpreter, and what it is for."""

_ID = re.compile(r"[a-z0-9-]{1,63}")
_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_MOST_IDS = 10_000
_LONGEST_PATH = 4096
_LONGEST_GRACE = 3600.0
_MOST_READY = 100
_MOST_IMAGES = 1000


def user(words: Words) -> str:
    """The hub name."""
    found = _text(words, "user")
    check_name(found)
    return found


def workload_id(words: Words) -> str:
    """The id of one workload, which is the name of its folder."""
    found = _text(words, "workload")
    if not _ID.fullmatch(found):
        raise _refused("workload")
    return found


def workload_ids(words: Words) -> list[str]:
    """The ids of several."""
    found = words.get("workloads")
    if not isinstance(found, list) or len(found) > _MOST_IDS:
        raise _refused("workloads")
    return [workload_id({"workload": one}) for one in found]


def kind(words: Words) -> Kind:
    """Which of the three."""
    try:
        return Kind(_text(words, "kind"))
    except ValueError:
        raise _refused("kind") from None


def port(words: Words) -> int:
    """A TCP port."""
    found = words.get("port")
    if type(found) is not int or not 0 < found < 65536:
        raise _refused("port")
    return found


def path(words: Words) -> str:
    """A path in a home; `beneath` sees that it stays there."""
    found = _text(words, "path")
    if len(found) > _LONGEST_PATH:
        raise _refused("path")
    return found


def grace(words: Words) -> float:
    """Seconds between the request to end and the kill."""
    found = words.get("grace")
    if not isinstance(found, int | float) or not 0 <= found <= _LONGEST_GRACE:
        raise _refused("grace")
    return float(found)


def environment(words: Words) -> dict[str, str]:
    """The command's environment. Only the command sees it, as its account."""
    found = words.get("env")
    if not isinstance(found, dict):
        raise _refused("env")
    for name, value in found.items():
        if not isinstance(value, str) or not name or "=" in name or "\0" in name + value:
            raise _refused("env")
        _encoded(name + value, "env")
    return found


def wish(words: Words) -> Wish:
    """What to keep ready."""
    count, images, env = words.get("count"), words.get("images"), environment(words)
    if type(count) is not int or not 0 <= count <= _MOST_READY:
        raise _refused("count")
    if not isinstance(images, list) or len(images) > _MOST_IMAGES:
        raise _refused("images")
    if not all(isinstance(one, str) and _PART.fullmatch(one) for one in images):
        raise _refused("images")
    if not env.keys() <= PASSED_ON:
        raise _refused("env")
    return Wish(kind(words), count, images, env)


def runtime(installation: Installation, workload: str) -> Path:
    """The private directory of a workload."""
    return installation.sockets / runtime_name(workload)


class Wanted(NamedTuple):
    """A checked request to start something."""

    workload: Workload
    env: dict[str, str]
    grace: float


def wanted(words: Words, installation: Installation) -> Wanted:
    """What to start, with which environment, and how long it may take to end."""
    return Wanted(workload(words, installation), environment(words), grace(words))


def workload(words: Words, installation: Installation, *, command: bool = True) -> Workload:
    """A workload whose places are its owner's, with the command of its kind."""
    try:
        found = Workload.model_validate(words.get("workload"))
    except ValidationError as error:
        raise _refused(".".join(["workload", *map(str, error.errors(include_url=False)[0]["loc"])])) from None
    check_name(found.user)
    _encoded(found.model_dump_json(), "workload")
    home = installation.home(found.user)
    layer = layer_path(home, found.acting_for, found.image)
    names = (found.image.image, found.image.version, found.image.identity)
    expected = {
        "workload.id": _ID.fullmatch(found.id),
        "workload.home": found.home == home,
        "workload.image": all(map(_PART.fullmatch, names)),
        "workload.acting_for": layer.is_relative_to(home) and ".." not in layer.parts,
        "workload.layer": found.layer in (None, layer),
        "workload.cwd": found.cwd is None or (found.cwd.is_relative_to(home) and ".." not in found.cwd.parts),
        "workload.socket": found.socket is None or found.socket.parent == runtime(installation, found.id),
        "workload.secret_env": not found.secret_env,
        "workload.command": not command or _is_ours(found),
    }
    for field, good in expected.items():
        if not good:
            raise _refused(field)
    return found


def _is_ours(workload: Workload) -> bool:
    beginning = COMMANDS[workload.kind]
    return tuple(workload.command[: len(beginning)]) == beginning and "\0" not in "".join(workload.command)


def _text(words: Words, name: str) -> str:
    found = words.get(name)
    if not isinstance(found, str) or not found or "\0" in found:
        raise _refused(name)
    return _encoded(found, name)


def _encoded(text: str, name: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _refused(name) from None
    return text


def _refused(field: str) -> Refused:
    return Refused(
        "The launcher does not accept the request's {name}.",
        "It starts only what Notebench itself starts, in the places that it knows.",
        code="launcher-field",
        field=field,
        name=field,
    )
