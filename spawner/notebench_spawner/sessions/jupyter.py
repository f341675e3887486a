"""What a session's Jupyter server is told: where it listens, what it shows, how its kernels talk."""

from collections.abc import Mapping
from pathlib import Path

from notebench_spawner.workload import Workload


def as_server(
    granted: Workload, extra: list[str], secrets: Mapping[str, str], *, runtime: Path, root: bool = False
) -> Workload:
    """The granted workload as the hub launches it: `secrets` are the hub's words, tokens among them.

    `runtime` is a directory for the sockets of kernels, its owner's alone.
    """
    more = {"JUPYTERHUB_ROOT_DIR": str(granted.home), "JUPYTER_RUNTIME_DIR": str(runtime)}
    return granted.model_copy(
        update={
            "command": server_command(extra, root=root),
            "env": {**granted.env, **more},
            "secret_env": {**granted.secret_env, **secrets},
        }
    )


def server_command(extra: list[str], *, root: bool) -> list[str]:
    """The command of the single-user server; `root` where the system account is root."""
    return [
        *("python", "-m", "notebench.lab.session"),
        # Kernels on Unix sockets in a private directory: nobody else on this machine can reach them.
        "--KernelManager.transport=ipc",
        "--ServerApp.terminado_settings={'shell_command': ['/bin/bash']}",
        # What the hub said about a token is believed for as long as elsewhere: who is out is out in 10 s.
        "--HubAuth.cache_max_age=10",
        # No question about news, and no look-up of newer releases: people's machines may be offline.
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        # Extensions belong to the image, which nobody's session may write.
        "--LabApp.extension_manager=readonly",
        *(["--allow-root"] if root else []),
        *extra,
    ]
