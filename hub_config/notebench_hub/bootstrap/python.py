"""Steps for Python: the virtual environment, uv in it, the locked packages, the two distributions."""

import importlib.util
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

from notebench_hub.bootstrap.run import Counter, run
from notebench_hub.bootstrap.stamps import STAMPS
from notebench_hub.bootstrap.trouble import Trouble
from notebench_hub.bootstrap.words import _

_SYSTEMS = ("/usr/bin", "/usr/local/bin")
_NAMES = ("python3", "python3.14", "python3.13", "python3.12", "python3.11")
_WHOLE = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"


def interpreter() -> str:
    """The Python for the environment: the one that runs this. For root, one that every account can execute.

    People's processes have accounts of their own where root starts Notebench, and a Python of root's is
    often closed to them. Where there is no other, root's own is taken: `up` says what is the matter.
    """
    if os.geteuid() != 0 or open_to_all(Path(sys.executable)):
        return sys.executable
    candidates = (Path(folder) / name for folder in _SYSTEMS for name in _NAMES)
    found = (str(one) for one in candidates if one.exists() and open_to_all(one) and _is_whole(one))
    return next(found, sys.executable)


def open_to_all(program: Path) -> bool:
    """Whether every account can execute a program: it, and all directories on the way to it."""
    real = program.resolve()
    return all(one.stat().st_mode & stat.S_IXOTH for one in (real, *real.parents))


def _is_whole(program: Path) -> bool:
    try:
        done = subprocess.run([program, "-c", _WHOLE], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def refuse_incomplete_python() -> None:
    """Debian splits `venv` off; say so before anything is begun."""
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise Trouble(
            _("{python} has no module {missing}.", python=sys.executable, missing=" / ".join(missing)),
            _("Install it, for example with `apt install python{version}-venv`.", version=version),
        )


def make_environment(counter: Counter, folder: Path) -> None:
    """A fresh virtual environment in place of an older one of ours. Raises Trouble and OSError."""
    python = interpreter()
    if python == sys.executable:
        refuse_incomplete_python()
    mark = folder / STAMPS
    if folder.exists():
        if not mark.exists() and any(folder.iterdir()):
            raise Trouble(
                _("{folder} is there, but Notebench did not make it.", folder=folder),
                _("Move it away, then run this again."),
            )
        shutil.rmtree(folder)
    folder.mkdir()
    mark.write_text("{}")  # first, so that one which was interrupted is known as ours
    run(counter, [python, "-m", "venv", folder])


def install_uv(counter: Counter, python: Path, lock: Path) -> None:
    """uv itself, by pip, in the locked version."""
    with tempfile.TemporaryDirectory() as scratch:
        only = Path(scratch) / "uv.txt"
        only.write_text(locked_entry(lock.read_text(), "uv"))
        options = ["--disable-pip-version-check", "--require-hashes", "--no-deps"]
        run(counter, [python, "-m", "pip", "install", *options, "-r", only])


def locked_entry(lock: str, package: str) -> str:
    """The lines of one package in a lock file: version and hashes."""
    lines = lock.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"{package}=="))
    end = start + 1
    while end < len(lines) and lines[end].startswith("    --hash"):
        end += 1
    return "\n".join(lines[start:end]).rstrip(" \\") + "\n"


def install_packages(counter: Counter, python: Path, locks: list[Path]) -> None:
    """Exactly what the locks say, no more and no less."""
    uv = python.with_name("uv")
    run(counter, [uv, "pip", "sync", "--python", python, "--require-hashes", *locks], env=_uv_environment())


def install_workspace(counter: Counter, python: Path, root: Path) -> None:
    """The two distributions of this checkout, editable, without network."""
    uv = python.with_name("uv")
    options = ["--offline", "--no-deps", "--no-build-isolation", "--reinstall"]
    packages = ["--editable", str(root), "--editable", str(root / "extension")]
    run(counter, [uv, "pip", "install", "--python", python, *options, *packages], env=_uv_environment(python))


def _uv_environment(python: Path | None = None) -> dict[str, str]:
    path = os.environ.get("PATH", os.defpath)
    return {
        "UV_COMPILE_BYTECODE": "1",
        "UV_NO_PROGRESS": "1",
        "PATH": os.pathsep.join([str(python.parent), path]) if python else path,
    }
