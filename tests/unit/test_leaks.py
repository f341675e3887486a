"""The search for secrets finds what was planted, wherever the tests leave something."""

import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from notebench_hub.place import Place

from tests import leaks


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is planted here is not planted for the whole run."""
    monkeypatch.setattr(leaks, "_known", {})


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path / "state")
    made.create()
    return made


@pytest.mark.parametrize("file", ["logs/service.log", "workloads/run-1/output.log", "homes/ada/out.ipynb"])
def test_a_secret_in_a_file(place: Place, file: str) -> None:
    secret = place.secret("proxy-token")
    planted = place.root / file
    planted.parent.mkdir(parents=True, exist_ok=True)
    with pytest.raises(AssertionError) as caught, leaks.searched(place.root):
        # Beyond the first piece that is read, on the border of two, and in the middle of a word.
        planted.write_text("x " * (2 * 2**20 - 10) + f"GET /?token=a{secret}b")
    assert f"{planted}: proxy-token of" in str(caught.value)
    assert secret not in str(caught.value)
    planted.write_text("nothing")
    with leaks.searched(place.root):
        pass


def test_a_token_that_nobody_noted(place: Place) -> None:
    log = place.logs / "hub.log"
    log.write_text(f"started with nbt_run_{secrets.token_urlsafe(32)}")
    assert leaks.files(place.root) == [f"{log}: a token of Notebench's own"]
    log.unlink()  # else the run's own search finds it


def test_a_secret_on_a_command_line_or_in_a_workload(place: Place) -> None:
    shown, carried = secrets.token_hex(32), secrets.token_hex(32)
    leaks.note("token of ada", shown)
    command = [sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()", shown]
    environ = {"NOTEBENCH_STATE_DIR": str(place.root), "JUPYTERHUB_API_TOKEN": carried}
    with subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        found = leaks.command_lines()
        leaks.gather(place.root)
        process.communicate()
    assert [line for line in found if f"process {process.pid} " in line]
    assert all(shown not in line for line in found)
    assert leaks.secrets_in(carried.encode()) == {f"JUPYTERHUB_API_TOKEN of process {process.pid}"}


def test_others_cannot_read_what_is_secret(place: Place) -> None:
    place.secret("audit-key")
    (place.root / "secrets" / "audit-key").chmod(0o644)
    with pytest.raises(AssertionError, match="audit-key: others can read it"), leaks.searched(place.root):
        pass
