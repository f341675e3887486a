"""What a session's Jupyter server is told: where it listens, what it shows, how its kernels talk."""

import os
from pathlib import Path

_SOCKET_LIMIT = 107
_SOCKET_NAME = "/kernel-00000000-0000-0000-0000-000000000000-ipc-00"


def server_command(extra: list[str], *, root: bool) -> list[str]:
    """The command of the single-user server; `root` where the system account is root."""
    return [
        *("python", "-m", "notebench.lab.session"),
        # Kernels on Unix sockets in a private directory: nobody else on this machine can reach them.
        "--KernelManager.transport=ipc",
        "--ServerApp.terminado_settings={'shell_command': ['/bin/bash']}",
        # No question about news, and no look-up of newer releases: people's machines may be offline.
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        # Extensions belong to the image, which nobody's session may write.
        "--LabApp.extension_manager=readonly",
        *(["--allow-root"] if root else []),
        *extra,
    ]


def runtime_directory(sockets: Path, temporary: Path, session: str) -> Path:
    """Where a session keeps its kernels' sockets: private, and short enough for their names."""
    if not session:
        raise ValueError("a session without a name has no directory of its own")
    inside = sockets / session[-12:]
    if len(str(inside)) + len(_SOCKET_NAME) <= _SOCKET_LIMIT:
        return inside
    return temporary / f"notebench-{os.getuid()}" / session[-12:]


def make_private(directory: Path) -> None:
    """Make a directory that only we can read; refuse one that somebody else has put there. Raises OSError."""
    for folder in (directory.parent, directory):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
        if folder.is_symlink() or found.st_uid != os.getuid():
            raise PermissionError(f"{folder} belongs to somebody else.")
    directory.chmod(0o700)
