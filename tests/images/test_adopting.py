"""What makes somebody else's image ours: a folder that builds, and their packages beside ours."""

import importlib.util
import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path
from types import ModuleType

import pytest
from notebench.contract import CONTRACT_VERSION
from notebench_hub.cli import commands
from notebench_hub.containers import adopting
from typer.testing import CliRunner

from tests.images.conftest import IMAGES

REFERENCE = "registry.example/team/theirs@sha256:" + "0" * 64


def adopted(folder: Path, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(commands, ["images", "adopt", *words, "--into", str(folder)])
    return done.exit_code, " ".join(done.output.split())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    code, said = adopted(tmp_path / "theirs", REFERENCE, "--name", "team/theirs", "--like", "scientific")
    assert code == 0, said
    assert "It is assumed" in said
    assert "notebench images check team/theirs" in said
    return tmp_path / "theirs"


def test_the_folder_holds_all_that_its_containerfile_copies(folder: Path) -> None:
    text = (folder / "Containerfile").read_text()
    assert f"\nFROM {REFERENCE}\n" in text
    assert 'org.opencontainers.image.title="team/theirs"' in text
    assert f'org.notebench.contract="{CONTRACT_VERSION}"' in text
    copied = {word for line in text.splitlines() if line.startswith("COPY") for word in line.split()[1:-1]}
    for pattern in copied:
        assert list(folder.glob(pattern)), pattern
    lock = IMAGES / "scientific" / "requirements.lock"
    assert (folder / "requirements.lock").read_bytes() == lock.read_bytes()


def test_it_is_clean_and_makes_the_environment_as_our_own_do(folder: Path) -> None:
    program = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([program, folder / "Containerfile"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    ours, theirs = ((one / "Containerfile").read_text() for one in (IMAGES / "minimal", folder))
    for line in ours.splitlines():
        if (
            "--require-hashes" in line
            or "pip install" in line
            or "compileall" in line
            or "org.notebench" in line
        ):
            assert line in theirs
    assert theirs.rindex("USER 1000:0") > theirs.rindex("RUN ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["bad name"], "'bad name' is no name of an image"),
        (["-rf"], ""),
        ([REFERENCE, "--like", "hub"], "There is no image 'hub'"),
        ([REFERENCE, "--name", 'a"b'], "is no name for an image"),
    ],
)
def test_what_would_not_build_is_refused(tmp_path: Path, words: list[str], said: str) -> None:
    code, output = adopted(tmp_path / "theirs", *words)
    assert code != 0
    assert said in output
    assert not (tmp_path / "theirs").exists()


def test_nothing_is_overwritten(folder: Path) -> None:
    (folder / "Containerfile").write_text("mine")
    code, said = adopted(folder, REFERENCE)
    assert code == 3
    assert "is not empty" in said
    assert (folder / "Containerfile").read_text() == "mine"


def test_without_a_program_for_images_the_digest_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    assert adopting.pinned("registry.example/team/theirs:1") == "registry.example/team/theirs:1"


@pytest.fixture(scope="module")
def beside() -> ModuleType:
    found = importlib.util.spec_from_file_location("beside", IMAGES / "beside.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def install(name: str, folder: Path, version: str = "") -> None:
    found = distribution(name)
    for file in found.files or ():
        if ".." not in file.parts and "__pycache__" not in file.parts:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(str(file.locate()), folder / file)
    if version:
        [metadata] = folder.glob(f"{name}-*.dist-info/METADATA")
        metadata.write_text(
            metadata.read_text().replace(f"\nVersion: {found.version}", f"\nVersion: {version}")
        )


def test_their_packages_are_found_beside_ours_and_ours_win(beside: ModuleType, tmp_path: Path) -> None:
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    for name in ("six", "iniconfig"):
        install(name, theirs, version="0.0.1")
    install("six", ours)
    assert beside.link([theirs], ours) == ["iniconfig"]
    script = (
        "import importlib.metadata as m, iniconfig, six;"
        "print(m.version('six'), m.version('iniconfig'), len(list(m.distributions(name='six'))))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(ours)!r}); {script}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [distribution("six").version, "0.0.1", "1"]
    assert beside.link([theirs], ours) == []
