"""The safe mode: a session in a full home writes for itself in a private place, which ends with it.

Decided by the session, as its owner's account, before Jupyter is loaded; nobody else need look into the home.
"""

import atexit
import json
import os
import shutil
import tempfile
from collections.abc import MutableMapping
from pathlib import Path

from notebench.lab.home.room import room

VARIABLE = "NOTEBENCH_SAFE_MODE"
"""Names the private place in a session that runs in the safe mode."""

_MOVED = {
    "JUPYTER_CONFIG_DIR": "config",  # JupyterLab's settings and workspaces are below it
    "JUPYTER_DATA_DIR": "data",  # signatures of notebooks, ids of files
    "IPYTHONDIR": "ipython",  # the history of what was typed
    "XDG_CACHE_HOME": "cache",
    "npm_config_cache": "npm",  # asked where language servers are, npm writes a log
}
_SETTINGS = "lab/user-settings"
_MOST_SETTINGS = 2**20
# What is deleted is deleted: a trash in the home would free nothing.
_CONFIG = {"FileContentsManager": {"delete_to_trash": False}}

_restart = False


def is_safe() -> bool:
    """Whether this session runs in the safe mode."""
    return bool(os.environ.get(VARIABLE))


def keep_out_of_a_full_home(environ: MutableMapping[str, str]) -> bool:
    """Where the home is full, name other places for what Jupyter writes. True in the safe mode."""
    home = Path(environ.get("HOME", "/"))
    environ.pop(VARIABLE, None)
    if not is_full(home):
        return False
    place = _private_place(environ)
    if place is None:
        return False
    _take_settings(_config(environ, home) / _SETTINGS, place / "config" / _SETTINGS)
    (place / "config").mkdir(parents=True, exist_ok=True)
    (place / "config" / "jupyter_server_config.json").write_text(json.dumps(_CONFIG))
    for variable, name in _MOVED.items():
        environ[variable] = str(place / name)
    environ[VARIABLE] = str(place)
    print(f"Notebench: {home} is full, so this session starts in the safe mode.", flush=True)
    return True


def is_full(home: Path) -> bool:
    """Whether the safe mode is due."""
    try:
        return room(home).full
    except OSError:
        return False  # not there, or not ours: the start will say what is wrong with it


def ask_for_restart() -> None:
    """After the server has stopped it is to begin anew, as if it had just been started."""
    global _restart  # noqa: PLW0603 - the process has one server
    _restart = True


def restart_is_wanted() -> bool:
    """Whether somebody asked for it."""
    return _restart


def _config(environ: MutableMapping[str, str], home: Path) -> Path:
    return Path(environ.get("JUPYTER_CONFIG_DIR", home / ".jupyter"))


def _private_place(environ: MutableMapping[str, str]) -> Path | None:
    """In the session's directory for sockets, which is removed with it; else among temporary files."""
    runtime = environ.get("JUPYTER_RUNTIME_DIR", "")
    for parent in (runtime, tempfile.gettempdir(), "/dev/shm"):  # noqa: S108 - made private by mkdtemp
        try:
            if parent and not room(Path(parent)).full:
                made = tempfile.mkdtemp(prefix="safe-", dir=parent)
                atexit.register(shutil.rmtree, made, ignore_errors=True)
                return Path(made)
        except OSError:
            continue
    return None


def _take_settings(source: Path, target: Path) -> None:
    """The owner's language and theme come along; unreadable or strangely large ones do not."""
    left = _MOST_SETTINGS
    for file in source.rglob("*.jupyterlab-settings") if source.is_dir() else ():
        try:
            left -= file.stat().st_size
            if left < 0 or not file.is_file():
                return
            copy = target / file.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
        except OSError:
            continue
