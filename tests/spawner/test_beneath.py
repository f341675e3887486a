"""No path and no link leads out of a directory that somebody else may change."""

import os
import socket
from pathlib import Path

import pytest
from notebench_spawner import beneath
from notebench_spawner.beneath import LeadsOutError
from notebench_spawner.hands import OwnHands
from notebench_spawner.listeners import listening, listens
from notebench_spawner.sessions.homes import prepare_home


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "homes" / "ada"
    (made / "work").mkdir(parents=True)
    (made / "work" / "a.ipynb").write_text("{}")
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key").write_text("hidden")
    return made


def read(home: Path, path: str) -> bytes:
    with os.fdopen(beneath.open_file(home, path), "rb") as opened:
        return opened.read()


def test_links_inside_are_followed(home: Path) -> None:
    (home / "link").symlink_to("work/../work")
    (home / "absolute.ipynb").symlink_to(home / "link" / "a.ipynb")
    assert read(home, "link/a.ipynb") == b"{}"
    assert beneath.find_file(home, "absolute.ipynb") == home / "work" / "a.ipynb"


@pytest.mark.parametrize(
    "path", ["../../secret/key", "/etc/passwd", "out/key", "file", "work/../../x", "a\0b"]
)
def test_nothing_leads_out(home: Path, path: str) -> None:
    (home / "out").symlink_to(home.parents[1] / "secret")
    (home / "file").symlink_to("../../secret/key")
    for verb in (beneath.open_file, beneath.find_file, beneath.make_folder, beneath.check):
        with pytest.raises(LeadsOutError):
            verb(home, path)


def test_a_link_is_no_way_to_make_or_remove_elsewhere(home: Path) -> None:
    (home / "runs").symlink_to(home.parents[1] / "secret")
    with pytest.raises(LeadsOutError):
        beneath.make_folder(home, "runs/wine")
    with pytest.raises(LeadsOutError):
        beneath.remove_tree(home, "runs/key")
    beneath.remove_tree(home, "runs")
    assert not os.path.lexists(home / "runs")
    assert (home.parents[1] / "secret" / "key").read_text() == "hidden"


def test_circles_pipes_and_folders_are_no_files(home: Path) -> None:
    (home / "circle").symlink_to("circle")
    os.mkfifo(home / "pipe")
    for path in ("circle", "pipe", "work", "nothing", ".", ""):
        with pytest.raises(OSError):  # noqa: PT011 - any, but never a file and never a hang
            beneath.open_file(home, path)


def test_folders_are_made_and_removed(home: Path) -> None:
    beneath.make_folder(home, "runs/wine")
    beneath.make_folder(home, "runs/wine")
    assert (home / "runs" / "wine").is_dir()
    beneath.make_file(home, "runs/wine/mark")
    assert beneath.exists(home, "runs/wine/mark")
    beneath.remove_tree(home, "runs")
    beneath.remove_tree(home, "runs")
    assert not beneath.exists(home, "runs")


def test_no_descriptor_is_left_open(home: Path) -> None:
    def count() -> int:
        place = Path("/proc/self/fd")
        return len(list(place.iterdir())) if place.exists() else 0

    (home / "out").symlink_to("/etc")
    before = count()
    for path in ("work/a.ipynb", "out/passwd", "nothing/x", "work/nothing", "../.."):
        try:
            os.close(beneath.open_file(home, path))
        except OSError:
            continue
    assert count() == before


def test_a_home_whose_folders_lead_out_gets_no_files_elsewhere(home: Path) -> None:
    tour = home.parents[1] / "tour"
    tour.mkdir()
    (tour / "first.ipynb").write_text("{}")
    (home / ".local").symlink_to(home.parents[1] / "secret")
    hands = OwnHands(home.parents[1], home, tour=tour)
    assert hands.home("ada") == home
    prepare_home(home, tour)
    assert (home / "tour" / "first.ipynb").exists()
    assert [one.name for one in (home.parents[1] / "secret").iterdir()] == ["key"]


def test_who_listens_on_a_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        found = listening(port)
        if found is None:
            pytest.skip("this system does not tell who listens; Linux does")
        assert len(found) == 1
        assert listens(os.getppid(), port)  # this process stands below its parent
        assert not listens(os.getpid(), port)  # …and not below itself
    assert not listens(os.getppid(), port)
