"""One real build of the scientific environment, for every test that needs it, kept for the next time."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from notebench_hub.place import Place
from notebench_spawner.catalogue.environments import build
from notebench_spawner.catalogue.load import CatalogueFile, load
from notebench_spawner.catalogue.lock import read_lock
from notebench_spawner.catalogue.resolve import resolve
from notebench_spawner.workload import ImageVersion

IMAGES = Path(__file__).parents[2] / "images"

TINY = """\
schema: 1
default: {image: tiny, profile: small}
profiles:
  - {id: small, title: Small, description: Small, cpu: 1, memory: 512Mi}
images:
  - id: tiny
    title: Tiny
    description: Two packages.
    profiles: [small]
    versions:
      - {name: "1", state: approved, lock: requirements.lock, python: "3.11", packages: [six]}
"""


@dataclass(frozen=True)
class Built:
    """An image environment on this machine."""

    image: ImageVersion
    root: Path
    path: Path

    @property
    def python(self) -> Path:
        return self.path / "bin" / "python"


def chosen(catalogue: CatalogueFile, image: str = "") -> ImageVersion:
    return resolve(catalogue, image, groups=(), machine=None)[0]


@pytest.fixture(scope="session")
def scientific() -> Built:
    catalogue = load(IMAGES / "catalogue.yaml")
    image = chosen(catalogue, "scientific")
    root = Place.from_environment().environments
    return Built(image, root, build(catalogue, image, root))


def write_tiny(folder: Path) -> Path:
    """A catalogue whose only image holds pip and six, so that a real build takes a second or two."""
    folder.mkdir(exist_ok=True)
    locked = {one.name: one.text for one in read_lock(IMAGES / "minimal" / "requirements.lock").locked}
    (folder / "requirements.lock").write_text(f"{locked['pip']}\n{locked['six']}\n")
    file = folder / "catalogue.yaml"
    file.write_text(TINY)
    return file


@pytest.fixture
def tiny(tmp_path: Path) -> CatalogueFile:
    return load(write_tiny(tmp_path / "images"))
