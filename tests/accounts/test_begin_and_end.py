"""Beginning an installation with separate accounts, what is refused, and ending it without a trace."""

import grp
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from notebench_hub.hands import hands_of
from notebench_hub.place import Place
from notebench_hub.separate import launching
from notebench_hub.separate.choice import is_separate
from notebench_hub.settings import Settings

from tests.installation import Installation, wait_for

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make system accounts: run as root")

PARTS = [word for name in ("proxy", "hub") for word in ("--part", name)]


@pytest.fixture
def begun() -> Iterator[Installation]:
    """Proxy and hub are enough, and need no image."""
    folder = Path(tempfile.mkdtemp(prefix="nba-"))
    one = Installation(folder, accounts="separate")
    one.settle()
    one.command("up", "--detach", "--port", "0", *PARTS)
    try:
        yield one
    finally:
        one.command("down", "--purge", "--yes", check=False)
        shutil.rmtree(folder, ignore_errors=True)


def accounts() -> set[tuple[str, int]]:
    return {(one.pw_name, one.pw_uid) for one in pwd.getpwall()} | {
        (one.gr_name, one.gr_gid) for one in grp.getgrall()
    }


def processes_of(state: Path) -> dict[str, set[str]]:
    """Accounts of the processes that name a state directory, in their command or environment, by account."""
    found: dict[str, set[str]] = {}
    for process in psutil.process_iter():
        try:
            words = " ".join(process.cmdline())
            if str(state) in words or process.environ().get("NOTEBENCH_STATE_DIR") == str(state):
                found.setdefault(process.username(), set()).add(words)
        except psutil.Error:
            continue
    return found


def test_only_the_launcher_is_root_and_it_has_no_port(begun: Installation) -> None:
    found = processes_of(begun.state)
    parts = next(name for name in found if name.startswith("notebench-"))
    assert set(found) == {parts, "root"}
    assert all("notebench_spawner.launcher" in words for words in found["root"])
    assert any("jupyterhub" in words for words in found[parts])
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "notebench_spawner.launcher" in words and str(begun.state) in words:
            assert process.net_connections("inet") == []
    assert oct(begun.state.stat().st_mode & 0o777) == "0o751"
    for private in ("hub", "secrets", "logs", "service", "mlflow"):
        state = (begun.state / private).stat()
        assert (pwd.getpwuid(state.st_uid).pw_name, state.st_mode & 0o777) == (parts, 0o700)


def test_the_operators_commands_work_and_leave_nothing_of_roots(begun: Installation) -> None:
    begun.add_user("mia")
    assert begun.token("mia")
    begun.command("logs", "hub")
    assert {"proxy", "hub", "launcher"} <= set(begun.status())
    begun.command("restart", "hub")
    parts = Place(begun.state).owner()
    for private in ("hub", "secrets", "logs", "supervisor", "run"):
        for file in (begun.state / private).rglob("*"):
            assert file.lstat().st_uid == parts, file


def test_a_killed_launcher_comes_back_and_up_mends_what_is_left(begun: Installation) -> None:
    place = Place(begun.state)
    hands = hands_of(place)
    hands.make_folder("mia", "work")
    watcher = launching.find(place)
    assert watcher
    (serving,) = [one for one in psutil.Process(watcher.pid).children() if one.name() != "keeper"]
    serving.kill()
    hands.make_folder("mia", "more")
    assert (hands.home("mia") / "more").is_dir()
    psutil.Process(watcher.pid).kill()
    wait_for(lambda: not begun.status()["launcher"]["healthy"], 20, "the launcher's absence to be seen")
    begun.command("down", "--yes")
    begun.command("up", "--detach", *PARTS)
    assert begun.status()["launcher"]["healthy"]
    hands.make_folder("mia", "again")


def test_purge_removes_what_was_made_and_nothing_else() -> None:
    before = accounts()
    folder = Path(tempfile.mkdtemp(prefix="nba-"))
    one = Installation(folder, accounts="separate")
    one.settle()
    one.command("up", "--detach", "--port", "0", *PARTS)
    hands = hands_of(Place(folder))
    for name in ("root", "postgres", "nb-mia", "m" * 300, "mіa", "mia"):
        hands.make_folder(name, "work")
    known = json.loads((folder / "accounts.json").read_text())
    made = {(one["account"], one["uid"]) for one in (known["parts"], *known["people"].values())}
    assert made <= accounts()
    assert made.isdisjoint(before)
    assert len({name for name, _ in made}) == 7  # six people and the parts
    assert all(name.startswith(("nb-", "notebench-")) and len(name) <= 32 for name, _ in made)
    owners = {home.stat().st_uid for home in (folder / "homes").iterdir()}
    assert len(owners) == 6
    assert all(700_000 <= owner < 750_000 for owner in owners)
    (folder / "somebody-elses.txt").write_text("keep me")
    refused = one.command("down", "--purge", check=False)
    assert refused.returncode != 0
    assert "purge" in refused.stderr
    assert (folder / "hub").is_dir()
    done = one.command("down", "--purge", "--yes")
    assert "somebody-elses.txt" in done.stderr
    assert [one.name for one in folder.iterdir()] == ["somebody-elses.txt"]
    assert made.isdisjoint(accounts())
    assert before <= accounts()
    assert processes_of(folder) == {}
    shutil.rmtree(folder)


def test_the_foreground_ends_everything_with_a_signal() -> None:
    folder = Path(tempfile.mkdtemp(prefix="nba-"))
    one = Installation(folder, accounts="separate")
    one.settle()
    command = [sys.executable, "-m", "notebench_hub.cli", "up", "--port", "0", *PARTS]
    environ = {**os.environ, "NOTEBENCH_STATE_DIR": str(folder)}
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline().startswith("Notebench: http://")
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 0
    assert processes_of(folder) == {}
    one.command("down", "--purge", "--yes")
    assert not folder.exists()


@pytest.fixture
def command_line() -> Iterator[Installation]:
    folder = Path(tempfile.mkdtemp(prefix="nba-"))
    yield Installation(folder / "state", accounts="separate")
    shutil.rmtree(folder, ignore_errors=True)


def test_a_closed_folder_on_the_way_is_named(command_line: Installation) -> None:
    command_line.settle()  # below a folder that only root may enter
    done = command_line.command("up", "--detach", "--port", "0", *PARTS, check=False)
    assert done.returncode == 3
    assert str(command_line.state.parent) in done.stderr
    assert "accounts: shared" in done.stderr
    assert not (command_line.state / "accounts.json").exists()


def test_who_is_not_root_cannot_have_separate_accounts(command_line: Installation) -> None:
    command_line.state.parent.chmod(0o777)
    command_line.state.mkdir(mode=0o777)
    command_line.settle()
    os.chown(command_line.state, 65534, 65534)
    done = subprocess.run(
        [sys.executable, "-m", "notebench_hub.cli", "up", "--detach", *PARTS],
        env={
            "NOTEBENCH_STATE_DIR": str(command_line.state),
            "HOME": "/",
            "PATH": os.environ["PATH"],
        },
        user=65534,
        group=65534,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert "only root can give people system accounts" in done.stderr


def test_a_change_back_to_one_account_is_refused(begun: Installation) -> None:
    begun.command("down", "--yes")
    (begun.state / "settings.yaml").write_text("accounts: shared\n")
    done = begun.command("up", "--detach", *PARTS, check=False)
    assert done.returncode == 3
    assert "accounts: separate" in done.stderr
    (begun.state / "settings.yaml").write_text("accounts: separate\n")


def test_a_restored_installation_goes_on_as_it_was(begun: Installation) -> None:
    place, settings = Place(begun.state), Settings()
    begun.command("down", "--yes")
    written = place.instance_file.read_text()
    elsewhere = Place(begun.state / "restored")
    elsewhere.root.mkdir()
    assert is_separate(elsewhere, settings)  # root begins a new one
    elsewhere.instance_file.write_text(written)
    assert is_separate(elsewhere, settings)
    elsewhere.instance_file.write_text(written.replace('"separate": true', '"separate": false'))
    assert not is_separate(elsewhere, settings)
    shutil.rmtree(elsewhere.root)


def test_a_port_that_only_root_has_is_refused(begun: Installation) -> None:
    begun.command("down", "--yes")
    done = begun.command("up", "--detach", "--port", "80", *PARTS, check=False)
    assert done.returncode in {3, 4}
    assert "80" in done.stderr
