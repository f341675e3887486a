"""What a built image environment looks like: to be read without anything that builds one."""

from pathlib import Path

from notebench.contract.catalogue import Package
from packaging.utils import canonicalize_name

MANIFEST = "manifest.json"


def environment(root: Path, name: str) -> Path:
    """Where the environment of an identity is, or will be."""
    return root / name


def is_built(root: Path, name: str) -> bool:
    """Whether the environment is there and whole."""
    return (environment(root, name) / MANIFEST).is_file()


def site_packages(environment: Path) -> Path:
    """The directory that holds an environment's packages."""
    return next((environment / "lib").glob("python3.*/site-packages"))


def pip_folder(environment: Path) -> Path:
    """Where the pip for environment layers is; the image itself has none that installs."""
    return environment / "share" / "notebench" / "pip"


def installed(environment: Path) -> list[Package]:
    """Every distribution in an environment, read from the names of its metadata folders only."""
    found = (path.name.removesuffix(".dist-info") for path in site_packages(environment).glob("*.dist-info"))
    pairs = sorted(
        (canonicalize_name(name), version) for name, _, version in (one.partition("-") for one in found)
    )
    return [Package(name=name, version=version) for name, version in pairs]
