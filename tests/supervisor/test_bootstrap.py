"""`./notebench` before anything is installed: what it needs, what it remembers, how it fails."""

import ast
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from notebench_hub.bootstrap import node, python
from notebench_hub.bootstrap.main import prepare
from notebench_hub.bootstrap.run import Counter, run
from notebench_hub.bootstrap.stamps import STAMPS, Stamps, fingerprint
from notebench_hub.bootstrap.trouble import Trouble, explain
from notebench_hub.bootstrap.words import _messages
from notebench_hub.i18n import LANGUAGES
from notebench_hub.i18n import _messages as by_babel
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "notebench"


def started_as(
    version: str, *words: str, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the script in an interpreter that says it is of this version."""
    code = (
        f"import sys, runpy; sys.version_info = ({version.replace('.', ', ')}, 0, 'final', 0);"
        f"sys.argv = {[str(SCRIPT), *words]!r}; runpy.run_path({str(SCRIPT)!r}, run_name='__main__')"
    )
    surroundings = {**os.environ, "NOTEBENCH_NEWER_PYTHON": "tried", **(env or {})}
    return subprocess.run(
        [sys.executable, "-c", code], env=surroundings, capture_output=True, text=True, check=False
    )


def test_the_script_is_executable_and_parses_on_old_pythons() -> None:
    assert os.access(SCRIPT, os.X_OK)
    ast.parse(SCRIPT.read_text(), feature_version=(3, 4))
    assert "f'" not in SCRIPT.read_text()


@pytest.mark.parametrize("version", ["2.7", "3.6", "3.10"])
def test_an_old_python_says_what_is_missing(version: str) -> None:
    done = started_as(version, "status")
    assert done.returncode == 1
    assert f"needs Python 3.11 or newer; this is Python {version}" in done.stderr
    assert "apt install python3.11" in done.stderr
    assert "Traceback" not in done.stderr


def test_it_needs_nothing_but_the_standard_library() -> None:
    code = "import sys; sys.path.insert(0, 'hub_config'); import notebench_hub.bootstrap.main"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_fingerprints_follow_content_and_names(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.ts").write_text("a")
    first = fingerprint(tmp_path, ["src", "lock"])
    assert first == fingerprint(tmp_path, ["src", "lock"])
    (tmp_path / "src" / "a.ts").write_text("b")
    second = fingerprint(tmp_path, ["src", "lock"])
    (tmp_path / "src" / "a.ts").rename(tmp_path / "src" / "b.ts")
    third = fingerprint(tmp_path, ["src", "lock"])
    assert len({first, second, third}) == 3
    assert fingerprint(tmp_path, ["src"], "one") != fingerprint(tmp_path, ["src"], "two")


def test_stamps_survive_and_an_unreadable_file_means_nothing_is_done(tmp_path: Path) -> None:
    file = tmp_path / STAMPS
    Stamps(file).put("proxy", "abc")
    assert Stamps(file).get("proxy") == "abc"
    file.write_text("{")
    assert Stamps(file).get("proxy") == ""


def test_an_environment_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "precious").write_text("mine")
    with pytest.raises(Trouble, match="Notebench did not make it") as caught:
        python.make_environment(Counter(1), tmp_path / ".venv")
    assert caught.value.next_step
    assert (tmp_path / ".venv" / "precious").read_text() == "mine"


def test_an_interrupted_environment_is_begun_anew(tmp_path: Path) -> None:
    environment = tmp_path / ".venv"
    environment.mkdir()
    (environment / STAMPS).write_text("{}")
    (environment / "half").write_text("")
    python.make_environment(Counter(1), environment)
    assert (environment / "bin" / "python").exists()
    assert not (environment / "half").exists()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other accounts can enter; pytest's own are closed."""
    folder = Path(tempfile.mkdtemp(dir="/var/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_a_closed_folder_on_the_way_closes_a_program(open_folder: Path) -> None:
    program = open_folder / "bin" / "program"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert python.open_to_all(program)
    program.parent.chmod(0o700)
    assert not python.open_to_all(program)
    link = open_folder / "link"
    link.symlink_to(program)
    assert not python.open_to_all(link)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root looks for a Python of all accounts; run it as root")
def test_root_takes_a_python_that_every_account_can_execute(tmp_path: Path) -> None:
    system = Path("/usr/bin/python3")
    if not system.exists() or not python.open_to_all(system):
        pytest.skip("This machine has no /usr/bin/python3; a package python3-venv would run it.")
    closed = tmp_path / "python3"
    shutil.copy(system.resolve(), closed)
    ask = "from notebench_hub.bootstrap.python import interpreter; print(interpreter())"
    env = {"PATH": os.defpath, "PYTHONPATH": str(ROOT / "hub_config"), "PYTHONHOME": "/usr"}

    def taken(program: Path) -> str:
        done = subprocess.run([program, "-c", ask], env=env, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    assert python.open_to_all(Path(taken(closed)))
    assert taken(system) == str(system)


def test_when_nothing_changed_nothing_is_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All stamps fit: no step, no word, no network."""
    for name in ("requirements.lock", "pyproject.toml", "extension/pyproject.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("uv==1.0 \\\n    --hash=sha256:00\n")
    (tmp_path / "requirements-node.lock").write_text("")
    environment = tmp_path / ".venv"
    (environment / "bin").mkdir(parents=True)
    (environment / "bin" / "python").symlink_to(sys.executable)
    locks = ["requirements.lock"] + ([] if node.on_path() else ["requirements-node.lock"])
    packages = fingerprint(tmp_path, locks)
    done = {
        "environment": str(tmp_path),
        "uv": "uv==1.0 \\\n    --hash=sha256:00\n",
        "packages": packages,
        "proxy": node.proxy_inputs(tmp_path),
        "workspace": fingerprint(
            tmp_path, ["pyproject.toml", "extension/pyproject.toml"], packages, str(tmp_path)
        ),
    }
    (environment / STAMPS).write_text(json.dumps(done))
    prepare(tmp_path, environment, with_tests=False)
    assert capsys.readouterr().err == ""


def test_the_locked_uv_has_hashes() -> None:
    entry = python.locked_entry((ROOT / "requirements.lock").read_text(), "uv")
    assert entry.startswith("uv==")
    assert "--hash=sha256:" in entry
    assert entry.count("==") == 1


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-test.lock"])
def test_locks_have_everything_with_hashes(lock: str) -> None:
    import tomllib

    text = (ROOT / lock).read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = ["build", "test"] if "test" in lock else ["build"]
    wanted = project["dependencies"] + [
        one for extra in extras for one in project["optional-dependencies"][extra]
    ]
    for requirement in wanted:
        name = canonicalize_name(Requirement(requirement).name)
        if name != "notebench":
            assert f"\n{name}==" in text, f"{name} is not in {lock}: run .ci/lock"
    packages = [line for line in text.splitlines() if "==" in line and not line.startswith((" ", "#"))]
    assert all(line.endswith("\\") for line in packages), "a package without hashes"


def test_the_test_lock_has_the_same_versions() -> None:
    def versions(lock: str) -> dict[str, str]:
        lines = (ROOT / lock).read_text().splitlines()
        return dict(line.split()[0].split("==") for line in lines if "==" in line and line[0] not in " #")

    product, tests = versions("requirements.lock"), versions("requirements-test.lock")
    assert {name: tests.get(name) for name in product} == product


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("npm error code ENOTFOUND\nnpm error network", "cannot be reached"),
        ("error: Failed to fetch: `x`\n  Caused by: dns error", "cannot be reached"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("PermissionError: [Errno 13] Permission denied: '/x'", "may not write"),
        ("error TS2304: Cannot find name 'x'.", "failed: Building"),
    ],
)
def test_failures_are_explained(output: str, words: str) -> None:
    trouble = explain("Building", output)
    assert words in trouble.message
    assert trouble.next_step


def test_without_network_the_first_install_says_so(tmp_path: Path) -> None:
    """The real uv, asked for a package it does not have, with nobody at the registry's address."""
    (tmp_path / "requirements.lock").write_text((ROOT / "requirements-node.lock").read_text())
    uv = Path(sys.executable).with_name("uv")
    nobody = {
        "UV_CACHE_DIR": str(tmp_path / "cache"),
        "UV_DEFAULT_INDEX": "http://127.0.0.1:9/",
        "UV_HTTP_RETRIES": "0",
    }
    command = [
        uv,
        "pip",
        "install",
        "--target",
        tmp_path / "t",
        "--no-config",
        "-r",
        tmp_path / "requirements.lock",
    ]
    with pytest.raises(Trouble, match="registry cannot be reached") as caught:
        run(Counter(1), command, env=nobody)
    assert "first start needs the network" in caught.value.next_step


def test_what_a_step_says_is_shown_when_it_fails() -> None:
    with pytest.raises(Trouble) as caught:
        run(Counter(1), [sys.executable, "-c", "import sys; print('compiling'); sys.exit('no such file')"])
    assert caught.value.lines == ["compiling", "no such file"]


def test_a_program_that_is_missing_is_a_trouble() -> None:
    with pytest.raises(Trouble):
        run(Counter(1), ["/nowhere/npm", "ci"])


@pytest.mark.parametrize("language", [name for name, folder in LANGUAGES.items() if folder])
def test_its_own_translator_reads_what_the_real_one_reads(language: str) -> None:
    assert _messages(language) == dict(by_babel(language))


def test_panels_are_built_again_when_the_result_is_gone(tmp_path: Path) -> None:
    assert not node.panels_built(tmp_path)
    assert not node.has_panels(tmp_path)
    before = node.panel_inputs(tmp_path)
    (tmp_path / "extension" / "src").mkdir(parents=True)
    (tmp_path / "extension" / "src" / "index.ts").write_text("export {};")
    assert node.panel_inputs(tmp_path) != before
