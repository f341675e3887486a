"""Starts and ends the launcher of an installation with separate accounts. Only root can."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from notebench.contract.errors import Unavailable

from notebench_hub.place import Place
from notebench_hub.separate.account import PartsAccount
from notebench_hub.settings import Settings
from notebench_hub.shipped import images_folder
from notebench_hub.supervisor.identity import Identity
from notebench_hub.supervisor.logfiles import open_for_part, rotate, tail

NAME = "launcher"
_PATIENCE = 20.0


def log_file(place: Place) -> Path:
    """Where the launcher writes: not among the parts' logs, which root must not open for writing."""
    return place.root / f"{NAME}.log"


def find(place: Place) -> Identity | None:
    """The launcher that runs; None where none does."""
    try:
        found = Identity.model_validate_json(_record(place).read_text())
    except (OSError, ValueError):
        return None
    return found if found.alive() else None


def start(place: Place, settings: Settings, account: PartsAccount) -> None:
    """Start it, unless it runs, and return when it answers. Raises Unavailable with its last words."""
    if find(place):
        return
    rotate(log_file(place))
    command = [
        *(sys.executable, "-I", "-m", "notebench_spawner.launcher"),
        *("--root", str(place.root), "--environments", str(place.environments)),
        *("--workloads", str(place.workloads), "--sockets", str(place.launcher_sockets)),
        *("--tour", str(images_folder() / "tour"), "--socket", str(place.launcher_socket)),
        *("--parts", account.name),
        *("--first-id", str(settings.account_ids.first), "--ids", str(settings.account_ids.count)),
    ]
    with open_for_part(log_file(place)) as output:
        os.fchown(output.fileno(), -1, account.owner.gid)
        os.fchmod(output.fileno(), 0o640)  # for `notebench logs`
        begin = output.seek(0, os.SEEK_END)
        child = subprocess.Popen(
            command,
            env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    _write_record(place, Identity.of(child.pid))
    until = time.monotonic() + _PATIENCE
    while not answers(place):
        if child.poll() is not None or time.monotonic() > until:
            said = tail(log_file(place), 1, since=begin)
            raise Unavailable(
                "The launcher, which starts people's processes as root, does not answer: {said}",
                "Its log has more: {log}.",
                code="launcher-away",
                said=said[0] if said else "",
                log=log_file(place),
            )
        time.sleep(0.05)


def end(place: Place) -> bool:
    """End it and return when it has ended; whether it ran. Workloads stay."""
    found = find(place)
    if found is None:
        return False
    os.kill(found.pid, signal.SIGTERM)
    until = time.monotonic() + _PATIENCE
    while found.alive() and time.monotonic() < until:
        time.sleep(0.05)
    if found.alive():
        os.kill(found.pid, signal.SIGKILL)
    _record(place).unlink(missing_ok=True)
    return True


def answers(place: Place) -> bool:
    """Whether somebody listens on its socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        try:
            door.connect(str(place.launcher_socket))
        except OSError:
            return False
    return True


def _record(place: Place) -> Path:
    return place.root / f"{NAME}.json"


def _write_record(place: Place, identity: Identity) -> None:
    temporary = _record(place).with_suffix(".new")
    temporary.write_text(json.dumps(identity.model_dump()))
    temporary.replace(_record(place))
