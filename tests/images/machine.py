"""A base image of a few files of this machine: Python, a shell, and what a small Containerfile calls."""

import re
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement

SITE = "import site; print(site.getsitepackages()[0])"
TOOLS = ("sh", "mkdir", "chown", "rm")
STATUS = "Package: base\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n"


def tree(root: Path) -> Path:
    """Put them below `root`: the interpreter at its own place, with what describes images beside it."""
    python = Path(sys.executable).resolve()
    standard = Path(sysconfig.get_path("stdlib"))
    copy(python, root)
    ignored = shutil.ignore_patterns(
        "test",
        "tests",
        "idlelib",
        "*-packages",
        "__pycache__",
        "config-3*",
        "tkinter",
        "lib2to3",
        "ensurepip",
    )
    shutil.copytree(standard, root / standard.relative_to("/"), ignore=ignored, symlinks=False)
    (root / "usr/bin").mkdir(parents=True, exist_ok=True)
    (root / "usr/bin/python3").symlink_to(python)
    for name in TOOLS:
        copy(Path(shutil.which(name) or name).resolve(), root, as_=root / "bin" / name)
    beside = subprocess.run([python, "-c", SITE], capture_output=True, text=True, check=True).stdout.strip()
    describing(root / beside.lstrip("/"))
    extensions = [*(standard / "lib-dynload").glob("*.so"), *(root / beside.lstrip("/")).rglob("*.so")]
    libraries([python, *(root / "bin").iterdir(), *extensions], root)
    for name, text in {"etc/passwd": "root:x:0:0::/:/bin/sh\n", "var/lib/dpkg/status": STATUS}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "etc/os-release").write_text("ID=debian\nVERSION_ID=12\n")
    (root / "tmp").mkdir(mode=0o1777)
    (root / "tmp").chmod(0o1777)
    return root


def copy(file: Path, root: Path, as_: Path | None = None) -> None:
    target = as_ or root / str(file).lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        shutil.copy2(file, target)


def libraries(programs: list[Path], root: Path) -> None:
    """Under the names by which they look for them."""
    said = subprocess.run(["ldd", *programs], capture_output=True, text=True, check=False).stdout
    for name in sorted(set(re.findall(r"^\s.*?(/\S+) \(0x", said, re.MULTILINE))):
        copy(Path(name), root)


def describing(target: Path) -> None:
    """cyclonedx-py with what it stands on, out of the environment of the tests."""
    wanted, done = ["cyclonedx-bom"], set[str]()
    while wanted:
        name = wanted.pop()
        if name in done:
            continue
        done.add(name)
        found = distribution(name)
        for file in found.files or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                copy(Path(str(file.locate())), target, as_=target / str(file))
        for line in found.requires or ():
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                wanted.append(requirement.name)
