"""Runs uv, and turns its failures into sentences that say what to do."""

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from notebench.contract.errors import Unavailable

_NETWORK = re.compile(
    r"failed to fetch|error sending request|dns error|connection refused|network is unreachable|timed out"
    r"|connectivity is disabled|failed to connect|temporary failure in name resolution",
    re.IGNORECASE,
)
_DISK = re.compile(r"no space left on device|os error 28|disk quota exceeded|os error 122", re.IGNORECASE)
_HASH = re.compile(r"hash mismatch", re.IGNORECASE)
_SHOWN = 300


def uv(*arguments: str, cwd: Path | None = None, hold: Sequence[int] = ()) -> None:
    """Run uv to its end. `hold`: descriptors it keeps open, so that a lock lives as long as the work.

    Raises Unavailable. Without network, what earlier builds left in uv's cache is tried before giving up.
    """
    problem = _run(arguments, cwd, hold)
    if problem and _NETWORK.search(problem) and "--offline" not in arguments:
        problem = _run([*arguments, "--offline"], cwd, hold) and problem
    if problem:
        raise _explain(problem)


def _run(arguments: Sequence[str], cwd: Path | None, hold: Sequence[int]) -> str:
    """What uv said when it failed; empty when it did not."""
    from uv import find_uv_bin

    env = {key: value for key, value in os.environ.items() if key not in _NOT_FOR_UV}
    done = subprocess.run(
        [find_uv_bin(), *arguments],
        env=env | {"NO_COLOR": "1"},
        cwd=cwd,
        pass_fds=hold,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    return (done.stderr.strip() or f"uv ended with code {done.returncode}") if done.returncode else ""


_NOT_FOR_UV = ("PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "UV_PROJECT_ENVIRONMENT")
"""Would leave environments without bytecode, or point uv at another one."""


def _explain(problem: str) -> Unavailable:
    detail = _last_words(problem)
    if _DISK.search(problem):
        return Unavailable(
            "The disk is full: {detail}",
            "Free some space and try again; what was built so far is kept where it is whole.",
            code="disk-full",
            detail=detail,
        )
    if _HASH.search(problem):
        return Unavailable(
            "A downloaded package is not the one that the lock names: {detail}",
            "Nothing was installed. Check the package index that you use, then try again.",
            code="lock-mismatch",
            detail=detail,
        )
    if _NETWORK.search(problem):
        return Unavailable(
            "Packages cannot be downloaded: {detail}",
            "Check the network or the package index (UV_DEFAULT_INDEX), then try again.",
            code="no-network",
            detail=detail,
        )
    return Unavailable(
        "The environment cannot be built: {detail}",
        "The service's log has the whole story.",
        code="build-failed",
        detail=detail,
    )


def _last_words(problem: str) -> str:
    """The heart of uv's message: its lines without decoration, joined and shortened."""
    words = [
        re.sub(r"^(error:|×|├─▶|╰─▶|│|hint:|Caused by:)\s*", "", line.strip())
        for line in problem.splitlines()
    ]
    said = " ".join(word for word in words if word)
    return said if len(said) <= _SHOWN else f"{said[: _SHOWN // 2]} … {said[-_SHOWN // 2 :]}"
