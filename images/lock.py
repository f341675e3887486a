#!/usr/bin/env python3
"""Writes every image's requirements.lock anew from its requirements.in: `python images/lock.py [IMAGE ...]`.

The locks are universal (every platform), carry hashes, and name no registry. With `--upgrade` everything
moves to the newest allowed version, with `--upgrade-package=NAME` one package; else only what does not fit.
"""

import subprocess
import sys
from pathlib import Path

import uv

IMAGES = Path(__file__).parent.resolve()


def lock(image: str, *options: str) -> None:
    """Resolve one image's requirements together with those of our own distribution."""
    folder = Path("images") / image
    command = [
        *(uv.find_uv_bin(), "pip", "compile", "--quiet", "--universal", "--generate-hashes"),
        *("--python-version", "3.11", "--no-build", "--excludes", "images/excludes.txt"),
        *("--extra", "lab", "--extra", "runner", "--extra", "serving"),
        *("--custom-compile-command", "python images/lock.py"),
        *("--output-file", str(folder / "requirements.lock"), *options),
        *(str(folder / "requirements.in"), "extension/pyproject.toml"),
    ]
    subprocess.run(command, check=True, cwd=IMAGES.parent)


def main(arguments: list[str]) -> None:
    """Lock the named images, or all."""
    options = [word for word in arguments if word.startswith("-")]
    named = [word for word in arguments if not word.startswith("-")]
    for image in named or sorted(path.parent.name for path in IMAGES.glob("*/requirements.in")):
        print(f"Locking {image} ...", flush=True)
        try:
            lock(image, *options)
        except subprocess.CalledProcessError as problem:
            sys.exit(problem.returncode)  # uv has said why


if __name__ == "__main__":
    main(sys.argv[1:])
