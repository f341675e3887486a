"""What people added to an image: the packages of an environment layer, read from its metadata."""

import os
from functools import cache
from importlib.metadata import distributions
from pathlib import Path

from notebench.contract.catalogue import Package
from notebench.layering import VARIABLE

__all__ = ["VARIABLE", "added_packages", "added_words"]


def added_packages(layer: Path | str | None = None) -> list[Package]:
    """Distributions installed in the layer (default: this process's own), sorted by name."""
    root = layer or os.environ.get(VARIABLE, "")
    if not root:
        return []
    folders = [str(folder) for folder in Path(root).glob("lib*/python*/site-packages")]
    found = {
        (dist.metadata["Name"] or "").lower(): dist.version
        for dist in distributions(path=folders)
        if dist.metadata["Name"]
    }
    return [Package(name=name, version=version) for name, version in sorted(found.items())]


@cache
def added_words() -> tuple[str, ...]:
    """`name==version` of each added package, read once per process."""
    return tuple(f"{package.name}=={package.version}" for package in added_packages())
