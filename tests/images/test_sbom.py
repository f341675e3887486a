"""What an image says it holds: all of it, in the right form, and twice in the same bytes."""

import importlib.util
import json
import platform
from pathlib import Path
from types import ModuleType

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from notebench_spawner.catalogue import trees
from notebench_spawner.catalogue.environments import build
from notebench_spawner.catalogue.load import CatalogueFile

from tests.images.conftest import IMAGES, chosen

FILES = sorted(IMAGES.glob("*/Containerfile"))

STATUS = """\
Package: git
Status: install ok installed
Architecture: amd64
Version: 1:2.39.5-0+deb12u2
Description: fast, scalable
 and distributed

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1
"""


@pytest.fixture(scope="module")
def sbom() -> ModuleType:
    """The script as an image's build runs it; it is in no package."""
    found = importlib.util.spec_from_file_location("sbom", IMAGES / "sbom.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture
def environment(tiny: CatalogueFile, tmp_path: Path):
    yield build(tiny, chosen(tiny), tmp_path / "environments")
    trees.remove(tmp_path / "environments")


@pytest.fixture
def system(tmp_path: Path) -> Path:
    (tmp_path / "root/var/lib/dpkg").mkdir(parents=True)
    (tmp_path / "root/var/lib/dpkg/status").write_text(STATUS)
    return tmp_path / "root"


def test_names_every_package_and_what_it_stands_on(sbom: ModuleType, environment: Path, system: Path) -> None:
    document = sbom.describe("notebench/tiny", "1", environment, system)
    found = {one["name"]: one for one in document["components"]}
    assert set(found) == {"six", "notebench", "python", "git"}
    assert found["six"]["purl"] == f"pkg:pypi/six@{found['six']['version']}"
    assert found["python"]["version"] == platform.python_version()
    assert found["git"]["purl"] == "pkg:deb/debian/git@1:2.39.5-0%2Bdeb12u2?arch=amd64&distro=debian"
    assert document["metadata"]["component"]["name"] == "notebench/tiny"
    assert "file:" not in json.dumps(document)


def test_is_cyclonedx_and_the_same_each_time(sbom: ModuleType, environment: Path, tmp_path: Path) -> None:
    (tmp_path / "twice").mkdir()
    texts = []
    for name in ("first", "second"):
        sbom.main("notebench/tiny", "1", str(environment), str(tmp_path / "twice" / name))
        texts.append((tmp_path / "twice" / name).read_text())
    assert texts[0] == texts[1]
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(texts[0]) is None
    assert "serialNumber" not in texts[0]
    assert "timestamp" not in texts[0]


def test_a_base_without_debians_packages_is_described_as_far_as_it_goes(
    sbom: ModuleType, tmp_path: Path
) -> None:
    assert sbom.system_packages(tmp_path) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_each_image_writes_it_down_and_says_where(sbom: ModuleType, file: Path) -> None:
    text = file.read_text()
    name = f"notebench/{file.parent.name}"
    assert f'/tmp/sbom/sbom.py {name} "${{VERSION}}" /opt/notebench\n' in text
    assert f'org.notebench.sbom="/opt/notebench/{sbom.PLACE}"' in text
