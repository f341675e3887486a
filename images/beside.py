#!/usr/bin/env python3
"""Links the packages of another Python into this environment: `python beside.py PYTHON`, in an adopted image.

A distribution that the environment has itself is left out as a whole, so that no package has two versions.
"""

import os
import re
import subprocess
import sys
import sysconfig
from importlib.metadata import Distribution, distributions
from pathlib import Path

_WHERE = "import sys; print(*(one for one in sys.path if one.endswith('-packages')), sep='\\n')"


def name(found: Distribution) -> str:
    """As packages are compared by name."""
    return re.sub(r"[-_.]+", "-", str(found.metadata["Name"])).lower()


def parts(found: Distribution, folder: Path) -> set[str]:
    """Its files and folders directly in the folder of packages; not those outside, such as scripts."""
    tops = {file.parts[0] for file in found.files or ()}
    return {one for one in tops if one not in ("..", "__pycache__", "pip") and (folder / one).exists()}


def link(folders: list[Path], target: Path) -> list[str]:
    """Link what is not in `target` yet; the names of the distributions that were linked."""
    known = {name(found) for found in distributions(path=[str(target)])}
    linked = []
    for folder in folders:
        for found in distributions(path=[str(folder)]):
            if name(found) in known or name(found) in ("pip", "setuptools", "wheel"):
                continue
            known.add(name(found))
            linked.append(name(found))
            for one in sorted(parts(found, folder)):
                if not os.path.lexists(target / one):
                    (target / one).symlink_to(folder / one)
    return sorted(linked)


def main(python: str) -> None:
    """Say how many there are."""
    done = subprocess.run([python, "-c", _WHERE], check=True, capture_output=True, text=True)
    folders = [Path(line) for line in done.stdout.splitlines()]
    linked = link(folders, Path(sysconfig.get_path("purelib")))
    print(f"Kept {len(linked)} distributions of {python}: {', '.join(linked)}")


if __name__ == "__main__":
    main(sys.argv[1])
