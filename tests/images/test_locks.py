"""The locks: whole, hashed, without a registry's name, and without the package that halves every start."""

import re
import tomllib

import pytest
from notebench_spawner.catalogue.load import load
from notebench_spawner.catalogue.lock import read_lock
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.images.conftest import IMAGES

NAMES = sorted(folder.parent.name for folder in IMAGES.glob("*/requirements.lock"))


def test_every_image_is_a_room_of_its_own() -> None:
    catalogue = load(IMAGES / "catalogue.yaml")
    assert {image.id for image in catalogue.document.images} == set(NAMES)
    for name in NAMES:
        folder = IMAGES / name
        assert {"Containerfile", "requirements.in", "smoke.ipynb"} <= {file.name for file in folder.iterdir()}


@pytest.mark.parametrize("name", NAMES)
def test_no_registry_and_no_grammar(name: str) -> None:
    text = (IMAGES / name / "requirements.lock").read_text()
    assert "://" not in text
    assert "--index" not in text
    assert "rfc3987-syntax" not in text


@pytest.mark.parametrize("name", NAMES)
def test_lock_holds_what_was_asked_for(name: str) -> None:
    """Stale locks fail here: `python images/lock.py` writes them anew."""
    versions = read_lock(IMAGES / name / "requirements.lock").versions
    for line in wanted(name):
        requirement = Requirement(line)
        version = versions[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), f"{line} is locked at {version}"


def wanted(name: str) -> list[str]:
    """The image's own requirements, its parents', and those of our distribution in every image."""
    project = tomllib.loads((IMAGES.parent / "extension" / "pyproject.toml").read_text())["project"]
    found = list(project["dependencies"])
    for extra in ("lab", "runner", "serving"):
        found += project["optional-dependencies"][extra]
    for line in (IMAGES / name / "requirements.in").read_text().splitlines():
        words = line.partition("#")[0].strip()
        if parent := re.fullmatch(r"-r \.\./([a-z-]+)/requirements\.in", words):
            found += wanted(parent[1])
        elif words:
            found.append(words)
    return found
