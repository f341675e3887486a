"""Before anything is started: one supervisor per state directory, a state we can read, ports we may have."""

import contextlib
import fcntl
import json
import os
import shutil
import stat
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from notebench.contract.errors import Conflict, Refused, Unavailable
from pydantic import ValidationError

from notebench_hub.place import Instance, Place
from notebench_hub.settings import Settings
from notebench_hub.supervisor import ports, records
from notebench_hub.supervisor.identity import Identity

STATE_FORMAT = 1
"""Grows by one when an older Notebench would misread what a newer one wrote."""

FREE_BYTES_NEEDED = 200 * 1024 * 1024
_INTERNAL_PORTS = ("proxy_api_port", "hub_port", "service_port")


class AlreadyRuns(Conflict):
    """Another supervisor owns the state directory."""

    code = "already-running"


@contextlib.contextmanager
def claimed(place: Place, free_bytes: int = FREE_BYTES_NEEDED) -> Iterator[None]:
    """Own the state directory while this lasts. Raises AlreadyRuns, Refused and Unavailable."""
    _create(place, free_bytes)
    lock = os.open(place.root / "supervisor.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRuns("Notebench runs already in {place}.", "", place=place.root) from None
        records.write(place, records.SUPERVISOR, Identity.of(os.getpid()))
        try:
            yield
        finally:
            records.forget(place, records.SUPERVISOR)
    finally:
        os.close(lock)


def _create(place: Place, free_bytes: int) -> None:
    """Make the directories, and refuse ones that are not ours alone."""
    test = place.logs / ".write-test"
    try:
        place.create()
        test.write_bytes(b"x" * 4096)
        test.unlink()
    except PermissionError as error:
        raise Refused(
            "Notebench may not write to {place}.",
            "Choose another directory with `--state-dir`, or correct the permissions of this one.",
            place=error.filename or place.root,
        ) from None
    except OSError as error:
        raise _disk_problem(place, error) from error
    if shutil.disk_usage(place.root).free < free_bytes:
        raise Unavailable(
            "The disk of {place} is nearly full: less than {needed} MiB are free.",
            "Make room, or choose another directory with `--state-dir`.",
            place=place.root,
            needed=free_bytes // 1024**2,
        )
    _refuse_foreign(place.root, separate=place.separate)


def _disk_problem(place: Place, error: OSError) -> Unavailable:
    return Unavailable(
        "Notebench cannot write to {place}: {why}.",
        "Make room or correct the path, then try again.",
        place=error.filename or place.root,
        why=error.strerror or error,
    )


def _refuse_foreign(folder: Path, *, separate: bool) -> None:
    """Another account must not have made, or be able to enter, what holds secrets.

    With separate accounts it is root's, and people's accounts go through it to their homes.
    """
    state = folder.lstat()
    if not stat.S_ISDIR(state.st_mode) or state.st_uid != (0 if separate else os.getuid()):
        raise Refused(
            "{folder} belongs to another account.",
            "Choose another directory with `--state-dir`, or remove that one.",
            folder=folder,
        )
    if stat.S_IMODE(state.st_mode) & (0o026 if separate else 0o077):
        raise Refused(
            "{folder} can be entered by other accounts (mode {mode}).",
            "Secrets lie there: run `chmod 700 {folder}`, then try again.",
            folder=folder,
            mode=f"{stat.S_IMODE(state.st_mode):o}",
        )


def decide(place: Place, settings: Settings, port: int | None = None) -> Instance:
    """The addresses for this start, written down. `port` 0 picks one. To be called when no part runs.

    The ports on loopback stay what they were: sessions that outlived a supervisor know them.
    Raises Refused where the state was written by a newer version, Unavailable where the port is taken.
    """
    before = written_by(place)
    chosen = port if port is not None else _wanted_port(before, settings)
    ip = settings.doors.ip
    if chosen == 0:
        chosen = ports.free_port(ip)
    elif not ports.is_free(ip, chosen):
        raise _port_taken(chosen)
    inner: dict[str, int] = {}
    for name in _INTERNAL_PORTS:
        known = getattr(before, name, 0)
        taken = frozenset({chosen, *inner.values()})
        usable = known and known not in taken and ports.is_free("127.0.0.1", known)
        inner[name] = known if usable else ports.free_port(taken=taken)
    instance = Instance(
        version=version("notebench-hub"),
        state_format=STATE_FORMAT,
        ip=ip,
        port=chosen,
        settings_port=settings.doors.port,
        separate=place.separate,
        **inner,
    )
    temporary = place.instance_file.with_suffix(".new")
    temporary.write_text(instance.model_dump_json(indent=2))
    temporary.replace(place.instance_file)
    return instance


def _wanted_port(before: Instance | None, settings: Settings) -> int:
    """The port of the last start, unless the settings have got another one since."""
    if before is None:
        return settings.doors.port
    if before.settings_port:
        changed = before.settings_port != settings.doors.port
    else:  # written by a version that did not note it
        changed = "port" in settings.doors.model_fields_set
    return settings.doors.port if changed else before.port


def written_by(place: Place) -> Instance | None:
    """What an earlier start decided. Raises Refused where that was a newer version."""
    try:
        written = json.loads(place.instance_file.read_text())
        newer = int(written.get("state_format", 0)) > STATE_FORMAT
    except FileNotFoundError:
        return None
    except (ValueError, AttributeError, TypeError):
        return None  # cut short by a crash; everything in it can be chosen anew
    if newer:
        raise Refused(
            "The state in {place} was written by Notebench {version}, which is newer than this one ({ours}).",
            "Start it with that version or a newer one, or choose another directory with `--state-dir`.",
            code="state-newer",
            place=place.root,
            version=written.get("version"),
            ours=version("notebench-hub"),
        )
    try:
        return Instance.model_validate(written)
    except ValidationError:
        return None


def _port_taken(port: int) -> Unavailable:
    holder = ports.holder_words(port)
    if holder:
        return Unavailable(
            "Port {port} is in use by {holder}.",
            "Choose another with `--port`, or `--port 0` for any free one.",
            code="port-taken",
            port=port,
            holder=holder,
        )
    return Unavailable(
        "Port {port} is in use or not allowed for this account.",
        "Choose another with `--port`, or `--port 0` for any free one.",
        code="port-taken",
        port=port,
    )
