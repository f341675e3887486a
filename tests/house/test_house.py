"""The house stands: linters, types, import order, wheels, locks and texts, each as a test."""

import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


def run(*command: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in command], cwd=cwd, capture_output=True, text=True, check=False
    )


def must(*command: str | Path, cwd: Path = ROOT) -> str:
    done = run(*command, cwd=cwd)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def tracked(*patterns: str) -> list[Path]:
    return [ROOT / line for line in must("git", "ls-files", "--", *patterns).splitlines()]


def test_ruff_finds_nothing() -> None:
    must(BIN / "ruff", "check", ".")


def test_python_is_formatted() -> None:
    must(BIN / "ruff", "format", "--check", ".")


def test_types_hold() -> None:
    must(BIN / "mypy")


def test_rooms_import_only_to_their_right() -> None:
    must(BIN / "lint-imports")


def test_panels_pass_eslint_and_tsc() -> None:
    must(BIN / "jlpm", "lint", cwd=ROOT / "extension")


def test_panels_know_the_current_contract() -> None:
    """`openapi.json` and the TypeScript types are generated; a stale copy fails here."""
    must(sys.executable, "-m", "notebench_hub.service.openapi", "--check")
    must(BIN / "jlpm", "types:check", cwd=ROOT / "extension")


@pytest.mark.parametrize("folder", [".", "extension"])
def test_the_distribution_builds_as_a_wheel(folder: str, tmp_path: Path) -> None:
    must(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path, cwd=ROOT / folder)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    wanted = {
        ".": ["notebench_hub/hub/templates/", "notebench_hub/locale/de_DE/", "notebench_spawner/shim.py"],
        "extension": ["notebench/contract/errors.py", "notebench/locale/es_ES/", "labextensions/notebench/"],
    }[folder]
    for part in wanted:
        assert any(part in name for name in names), f"{part} is missing from {wheel.name}"
    assert not any("test" in Path(name).name.lower().split("_") for name in names)


LOCKS = ("*requirements*.txt", "*.lock", "*package-lock.json", "*pylock*.toml")


def test_locks_do_not_say_where_packages_came_from() -> None:
    hosts = re.compile(
        r"https?://(?!(?:www\.)?(?:npmjs\.com/|paypal|opencollective|github\.com/sponsors))[^\s\"/]+"
    )
    # funding links of npm packages are not origins; `resolved` keys would be
    found = []
    for file in tracked(*LOCKS):
        for number, line in enumerate(file.read_text().splitlines(), 1):
            if ("resolved" in line or not file.name.endswith("package-lock.json")) and hosts.search(line):
                found.append(f"{file.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert found == []


def test_the_slow_grammar_is_in_no_lock() -> None:
    """`rfc3987-syntax` compiles a grammar at import and doubles the start of every kernel."""
    locks = tracked(*LOCKS)
    assert locks
    assert [
        file for file in locks if "rfc3987-syntax" in file.read_text() and "package" not in file.name
    ] == []


def test_no_path_of_a_machine_is_tracked() -> None:
    done = run("git", "grep", "-nIE", r"(^|[^A-Za-z0-9_.{])/(work|root)/[a-z.]", "--", ".", ":!*.svg")
    assert done.stdout == ""


def test_files_stay_small() -> None:
    """Past 400 lines a file does a second thing. Generated files do not count."""
    large = [
        f"{file.relative_to(ROOT)}: {count}"
        for file in tracked("*.py", "*.ts", "*.tsx")
        if "generated" not in file.parts and (count := len(file.read_text().splitlines())) > 400
    ]
    assert large == []


def test_every_setting_is_documented() -> None:
    """Each setting has a description at its declaration, and an operator's page names it."""
    from notebench_hub.settings import Settings
    from pydantic import BaseModel

    page = "".join((ROOT / "docs" / name).read_text() for name in ("operator.md", "sign-in.md"))

    def walk(section: type[BaseModel], prefix: str) -> None:
        for name, field in section.model_fields.items():
            assert field.description, f"{prefix}{name} has no description"
            kind = field.annotation
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                walk(kind, f"{prefix}{name}.")
            else:
                assert f"`{prefix}{name}`" in page, f"no operator's page names `{prefix}{name}`"

    walk(Settings, "")


def test_source_distribution_holds_the_licence(tmp_path: Path) -> None:
    must(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", tmp_path)
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        assert any(name.endswith("/LICENSE") for name in opened.getnames())
