"""Building image environments: once, shared, closed, and with a sentence when it cannot be done."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
import zipfile
from importlib.metadata import Distribution
from pathlib import Path

import pytest
from notebench.contract.errors import Unavailable
from notebench_spawner.catalogue import trees
from notebench_spawner.catalogue.built import MANIFEST, environment, is_built
from notebench_spawner.catalogue.distribution import pack, wheel
from notebench_spawner.catalogue.environments import Step, build
from notebench_spawner.catalogue.load import CatalogueFile, load
from notebench_spawner.catalogue.uvtool import uv

from tests.images.conftest import chosen, write_tiny

BUILD = """
import sys
from pathlib import Path
from notebench_spawner.catalogue.environments import build
from notebench_spawner.catalogue.load import load
from notebench_spawner.catalogue.resolve import resolve
catalogue = load(Path(sys.argv[1]))
image, _ = resolve(catalogue, groups=(), machine=None)
print(build(catalogue, image, Path(sys.argv[2]), lambda step: print(step.doing, flush=True)))
"""


@pytest.fixture
def root(tmp_path: Path):
    yield tmp_path / "environments"
    trees.remove(tmp_path / "environments")


def start(catalogue: CatalogueFile, root: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", BUILD, str(catalogue.file), str(root)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_builds_once_and_says_how_far_it_is(tiny: CatalogueFile, root: Path) -> None:
    steps: list[Step] = []
    image = chosen(tiny)
    path = build(tiny, image, root, steps.append)
    assert path == environment(root, image.identity)
    assert steps[0].done == 0
    assert "six" in steps[0].item
    assert steps[-1].done == steps[-1].total == 3  # pip, six and our own
    done = [step.done for step in steps]
    assert done == sorted(done)
    before = (path / MANIFEST).stat().st_mtime_ns
    assert build(tiny, image, root, steps.append) == path
    assert (path / MANIFEST).stat().st_mtime_ns == before


def test_manifest_says_what_is_inside(tiny: CatalogueFile, root: Path) -> None:
    image = chosen(tiny)
    manifest = json.loads((build(tiny, image, root) / MANIFEST).read_text())
    assert manifest["identity"] == image.identity
    assert {"six", "notebench", "pip"} - {package["name"] for package in manifest["packages"]} == {"pip"}
    assert manifest["built"].endswith("+00:00")


def test_is_compiled_and_closed(tiny: CatalogueFile, root: Path) -> None:
    path = build(tiny, chosen(tiny), root)
    assert list(path.rglob("six.cpython-*.pyc"))
    assert list(path.rglob("notebench/**/*.pyc"))
    open_ = [
        found
        for found in [path, *path.rglob("*")]
        if not found.is_symlink() and stat.S_IMODE(found.stat().st_mode) & 0o222
    ]
    assert open_ == []


@pytest.mark.parametrize("words", [["bin/pip"], ["bin/python", "-m", "pip"], ["bin/python", "-Im", "pip"]])
def test_pip_is_refused_in_the_shared_environment(tiny: CatalogueFile, root: Path, words: list[str]) -> None:
    """Also as root, for whom file modes do not hold."""
    path = build(tiny, chosen(tiny), root)
    done = subprocess.run(
        [path / words[0], *words[1:], "install", "iniconfig"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "Install into your own layer with %pip" in done.stderr


def test_scripts_run_from_where_they_are(tiny: CatalogueFile, root: Path) -> None:
    """A virtual environment names its own place; linking the foundation's files must not keep the old one."""
    path = build(tiny, chosen(tiny), root)
    base = json.loads((path / MANIFEST).read_text())["foundation"]
    for script in (path / "bin").iterdir():
        if not script.is_symlink():
            assert base.encode() not in script.read_bytes()
    prefix = subprocess.run(
        [path / "bin" / "python", "-c", "import sys; print(sys.prefix)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert prefix.stdout.strip() == str(path)
    assert subprocess.run(
        [path / "bin" / "notebench", "--help"], capture_output=True, check=False
    ).returncode in (0, 1)


def test_two_processes_build_one(tiny: CatalogueFile, root: Path) -> None:
    root.mkdir()
    both = [start(tiny, root) for _ in range(2)]
    said = [process.communicate(timeout=120)[0].splitlines() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert said[0][-1] == said[1][-1] == str(environment(root, chosen(tiny).identity))
    installed = ["Installing packages" in lines for lines in said]
    assert sorted(installed) == [False, True]


def test_a_killed_build_is_begun_anew(tiny: CatalogueFile, root: Path) -> None:
    process = start(tiny, root)
    assert process.stdout is not None
    assert process.stdout.readline()
    while not list(root.glob("base-*/bin/python")):
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    image = chosen(tiny)
    assert not is_built(root, image.identity)
    path = build(tiny, image, root)
    subprocess.run([path / "bin" / "python", "-c", "import six, notebench"], check=True)


def test_change_of_ours_costs_no_second_download(tiny: CatalogueFile, root: Path) -> None:
    first = build(tiny, chosen(tiny), root)
    (tiny.file.parent / "overrides.json").write_text("{}")  # a part of every image that no lock names
    with pytest.raises(Unavailable, match="Restart it"):
        build(tiny, chosen(tiny), root / "elsewhere")
    again = load(tiny.file)
    steps: list[Step] = []
    second = build(again, chosen(again), root, steps.append)
    assert second != first
    assert "Installing packages" not in [step.doing for step in steps]
    assert (second / "share/jupyter/lab/settings/overrides.json").read_text() == "{}"
    assert next(first.rglob("six.py")).stat().st_ino == next(second.rglob("six.py")).stat().st_ino


def test_our_wheel_from_an_installation_equals_the_one_from_source(
    tiny: CatalogueFile, root: Path, tmp_path: Path
) -> None:
    """Where the hub was installed from wheels there is no source: the installed files are packed again."""
    path = build(tiny, chosen(tiny), root)
    metadata = next((path / "lib").rglob("notebench-*.dist-info"))
    packed = pack(Distribution.at(metadata), tmp_path)
    (tmp_path / "source").mkdir()
    assert contents(packed) == contents(wheel(tmp_path / "source"))
    again = tmp_path / "again"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", again], check=True)
    uv("pip", "install", "--no-deps", "--no-index", "--python", str(again / "bin/python"), str(packed))
    assert (again / "bin" / "notebench").is_file()


def contents(file: Path) -> dict[str, int]:
    with zipfile.ZipFile(file) as archive:
        return {one.filename: one.CRC for one in archive.infolist() if not one.filename.endswith("/RECORD")}


def test_without_network(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    catalogue = load(write_tiny(tmp_path / "images"))
    with pytest.raises(Unavailable, match="Packages cannot be downloaded") as caught:
        build(catalogue, chosen(catalogue), root)
    assert caught.value.kind == "no-network"
    assert not is_built(root, chosen(catalogue).identity)


def test_package_that_is_not_the_locked_one(tmp_path: Path, root: Path) -> None:
    file = write_tiny(tmp_path / "images")
    lock = file.parent / "requirements.lock"
    lines = lock.read_text().splitlines()
    lock.write_text(f"{lines[0]}\nsix==1.17.0 --hash=sha256:{'0' * 64}\n")
    catalogue = load(file)
    with pytest.raises(Unavailable) as caught:
        build(catalogue, chosen(catalogue), root)
    assert caught.value.kind == "lock-mismatch"
    assert "six" in str(caught.value)


@pytest.fixture
def small_disk(tmp_path: Path):
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", place], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("mounting a small disk needs more rights")
    yield place
    subprocess.run(["umount", place], check=True)


def test_disk_full(tiny: CatalogueFile, small_disk: Path) -> None:
    with pytest.raises(Unavailable) as caught:
        build(tiny, chosen(tiny), small_disk)
    assert caught.value.kind == "disk-full"
    assert "Free some space" in str(caught.value)


def test_place_that_cannot_be_written(tiny: CatalogueFile, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match="Nothing can be written to"):
        build(tiny, chosen(tiny), tmp_path / "file" / "environments")


def test_a_tree_that_is_being_linked_is_not_whole_yet(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "bin").mkdir(parents=True)
    (source / "share").mkdir()
    for name in ("manifest.json", "pyvenv.cfg", "share/manifest.json"):
        (source / name).write_text(name)
    trees.link(source, target, without="manifest.json")
    assert not (target / "manifest.json").exists()
    assert (target / "pyvenv.cfg").exists()
    assert (target / "share" / "manifest.json").exists()
