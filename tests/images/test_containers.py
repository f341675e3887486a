"""Containerfiles and the command that builds from them; a real builder is not started, it takes minutes."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from notebench.contract import CONTRACT_VERSION
from notebench.contract.errors import NotFound, Unavailable
from notebench_hub.cli import commands
from notebench_hub.containers import building
from typer.testing import CliRunner

from tests.images.conftest import IMAGES

FILES = sorted(IMAGES.glob("*/Containerfile"))
PEOPLE = [file for file in FILES if file.parent.name not in building.PARTS]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_containerfiles_are_clean(file: Path) -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "hadolint", file], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_an_image_says_what_it_is_and_is_nobody_special(file: Path) -> None:
    text = file.read_text()
    assert f'org.notebench.contract="{CONTRACT_VERSION}"' in text
    assert f'org.opencontainers.image.title="notebench/{file.parent.name}"' in text
    assert "\nUSER 1000:0\n" in text
    assert "--require-hashes" in text
    # -f: what ran in the environment while it was built has left compiled files that go by time
    assert "compileall -q -f -j 0 --invalidation-mode unchecked-hash /opt/notebench/lib" in text


def test_people_compute_with_what_one_machine_would_give_them() -> None:
    assert {file.parent.name for file in PEOPLE} == {
        lock.parent.name for lock in IMAGES.glob("*/requirements.lock")
    }
    after_the_first_line = {
        file.read_text().partition("\n")[2].replace(file.parent.name, "NAME") for file in PEOPLE
    }
    assert len(after_the_first_line) == 1


def test_what_is_built_from(tmp_path: Path) -> None:
    context = tmp_path / "context"
    building.gather("minimal", context)
    found = {file.name for file in context.iterdir() if file.suffix != ".whl" and file.name != ".gitignore"}
    assert found == {"Containerfile", "requirements.lock", "overrides.json", "sbom.lock", "sbom.py"}
    assert [file.name.partition("-")[0] for file in context.glob("*.whl")] == ["notebench"]
    assert (context / "requirements.lock").read_bytes() == (
        IMAGES / "minimal" / "requirements.lock"
    ).read_bytes()


def test_what_the_builder_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_CONFIG_FILE", raising=False)
    wanted = building.Wanted("minimal", "a/b:1", base="base@sha256:0", options=("--runtime=runc",))
    asked = building.words(wanted, tmp_path, tmp_path / "id")
    assert asked[:3] == ["build", "--file", str(tmp_path / "Containerfile")]
    assert "BASE=base@sha256:0" in asked
    assert f"VERSION={building.version()}" in asked
    assert "--runtime=runc" in asked
    assert not [word for word in asked if "SOURCE" in word or "secret" in word]
    assert [word for word in asked if word.startswith("REVISION=")] == (
        [f"REVISION={building.revision()}"] if building.revision() else []
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", "/etc/pip.conf")
    assert "id=pip,src=/etc/pip.conf" in building.words(wanted, tmp_path, tmp_path / "id")


def test_the_revision_is_the_checkouts_and_says_that_files_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "images_folder", lambda: tmp_path / "images")
    assert building.revision() == ""
    (tmp_path / "images").mkdir()
    file = tmp_path / "images" / "one"
    file.write_text("1")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "one"]):
        subprocess.run([*git, *words], check=True)
    found = building.revision()
    assert re.fullmatch("[0-9a-f]{40}", found)
    file.write_text("2")
    assert building.revision() == f"{found}-changed"


def test_a_builder_that_fails_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "buildah"
    program.write_text("#!/bin/sh\necho STEP 3; echo no such base >&2; exit 125\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    said: list[str] = []
    with pytest.raises(Unavailable, match="STEP 3; no such base"):
        building.build(building.Wanted("minimal", "a/b:1"), said.append)
    assert said == ["STEP 3", "no such base"]


def test_unknown_names_and_missing_builders_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotFound, match="There is no image 'minmal'"):
        building.build(building.Wanted("minmal", "x"), print)
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(Unavailable, match="buildah, podman, docker"):
        building.builder()


def test_the_list_shows_what_a_cluster_cannot_start(tmp_path: Path) -> None:
    done = CliRunner().invoke(commands, ["images", "list", "--state-dir", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "scientific" in done.output
    assert "no digest yet" in done.output
