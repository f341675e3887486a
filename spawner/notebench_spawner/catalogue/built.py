"""What a built image environment looks like: to be read without anything that builds one."""

from pathlib import Path

from notebench.contract.catalogue import Package
from notebench.layering import MANIFEST, pip_folder, site_packages
from packaging.utils import canonicalize_name

__all__ = ["MANIFEST", "environment", "installed", "is_built", "pip_folder", "site_packages"]


def environment(root: Path, name: str) -> Path:
    """Where the environment of an identity is, or will be."""
    return root / name


def is_built(root: Path, name: str) -> bool:
    """Whether the environment is there and whole."""
    return (environment(root, name) / MANIFEST).is_file()


def installed(environment: Path) -> list[Package]:
    """Every distribution in an environment, read from the names of its metadata folders only."""
    found = (path.name.removesuffix(".dist-info") for path in site_packages(environment).glob("*.dist-info"))
    pairs = sorted(
        (canonicalize_name(name), version) for name, _, version in (one.partition("-") for one in found)
    )
    return [Package(name=name, version=version) for name, version in pairs]
