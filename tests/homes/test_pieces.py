"""A full home in its pieces: looked at, saved into, cleared."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_server.services.contents import fileio
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from notebench.contract.errors import Refused
from notebench.contract.homes import HomeLevel, HomeWatch
from notebench.lab.home import safe, walk
from notebench.lab.home.remove import remove
from notebench.lab.home.room import NEEDED, Room, room
from notebench.lab.home.saving import save_whole, whole_or_not
from notebench.lab.home.watch import Watch, judge
from notebench_spawner.sessions.homes import prepare_home
from tornado.web import HTTPError

from .small import everything, fill, small_disk

MIB = 2**20


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", 8) as place:
        yield place


def test_room_is_seen_and_tried(disk: Path) -> None:
    before = room(disk)
    assert (before.total, before.full) == (8 * MIB, False)
    fill(disk, leave=NEEDED // 2)
    assert room(disk).full
    assert 0 < room(disk).free < NEEDED


@pytest.mark.parametrize(("writing", "survives"), [(fileio.atomic_writing, False), (whole_or_not, True)])
def test_the_old_file_stays_whole_when_there_is_no_room(disk: Path, writing: Any, survives: bool) -> None:
    """Jupyter's own way loses it: when that changes, ours is not needed any more."""
    notebook = disk / "mine.ipynb"
    notebook.write_text("old")
    fill(disk, leave=2 * 4096)  # for a copy of the old one, and not for the new one
    with pytest.raises(OSError, match="No space left"), writing(str(notebook)) as opened:
        opened.write("y" * 3 * 4096)
    assert (notebook.read_text() == "old") is survives
    if survives:
        assert {file.name for file in disk.iterdir()} == {"mine.ipynb", "big.bin"}


def test_saving_keeps_modes_links_and_other_names(tmp_path: Path) -> None:
    file = tmp_path / "real.txt"
    file.write_text("old")
    file.chmod(0o640)
    (tmp_path / "link.txt").symlink_to(file)
    with whole_or_not(str(tmp_path / "link.txt")) as opened:
        opened.write("new\n")
    assert (tmp_path / "link.txt").is_symlink()
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("new\n", 0o640)
    os.link(file, tmp_path / "twin.txt")
    with whole_or_not(str(file)) as opened:
        opened.write("both")
    assert (tmp_path / "twin.txt").read_text() == "both"
    (tmp_path / "twin.txt").unlink()
    with suppress(ValueError), whole_or_not(str(file)) as opened:
        opened.write("half")
        raise ValueError
    assert file.read_text() == "both"


async def test_who_saves_reads_why_not(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fileio, "atomic_writing", fileio.atomic_writing)  # put back afterwards
    manager = AsyncLargeFileManager(root_dir=str(disk))
    save_whole(manager)
    content = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])
    model = {"type": "notebook", "format": "json", "content": content}
    await manager.save(dict(model), "mine.ipynb")
    old = (disk / "mine.ipynb").read_bytes()
    fill(disk)
    content.cells[0].source = "z" * 10_000
    with pytest.raises(HTTPError) as caught:
        await manager.save(dict(model), "mine.ipynb")
    assert caught.value.status_code == 507
    assert "Your home is full: mine.ipynb was not saved" in str(caught.value.log_message)
    assert (disk / "mine.ipynb").read_bytes() == old
    with pytest.raises(HTTPError) as caught:
        await manager.save({"type": "notebook", "format": "json", "content": {}}, "other.ipynb")
    assert caught.value.status_code != 507


def test_the_safe_place_is_outside_and_knows_language_and_theme(disk: Path, tmp_path: Path) -> None:
    settings = disk / ".jupyter/lab/user-settings/@jupyterlab"
    settings.mkdir(parents=True)
    chosen = settings / "translation-extension"
    chosen.mkdir()
    (chosen / "plugin.jupyterlab-settings").write_text('{"locale": "de_DE"}')
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    environ = {"HOME": str(disk), "JUPYTER_RUNTIME_DIR": str(runtime)}
    assert not safe.keep_out_of_a_full_home(environ)
    fill(disk)
    assert safe.keep_out_of_a_full_home(environ)
    moved = {name: environ[name] for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")}
    assert all(Path(place).is_relative_to(runtime) for place in moved.values())
    copied = list(Path(environ["JUPYTER_CONFIG_DIR"]).rglob("plugin.jupyterlab-settings"))
    assert [json.loads(file.read_text()) for file in copied] == [{"locale": "de_DE"}]


def test_a_full_home_goes_without_the_tour(disk: Path, tmp_path: Path) -> None:
    tour = tmp_path / "tour"
    tour.mkdir()
    (tour / "first.ipynb").write_text("x" * 100_000)
    fill(disk)
    prepare_home(disk, tour)
    assert [file.name for file in disk.iterdir()] == ["big.bin"]
    (disk / "big.bin").unlink()
    prepare_home(disk, tour)
    assert (disk / "tour/first.ipynb").exists()


def look(home: Path, seconds: float = 30) -> dict:
    command = [sys.executable, "-I", "-S", walk.__file__, str(home), str(seconds)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_what_fills_a_home_is_found(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "huge.bin").write_bytes(b"x" * MIB)
    home = tmp_path / "home"
    for path, size in (
        ("data/2026/table.csv", 300_000),
        ("work/.ipynb_checkpoints/a-checkpoint.ipynb", 50_000),
        (".cache/pip/wheel.whl", 100_000),
        (".local/share/Trash/files/old.csv", 70_000),
        ("small.txt", 10),
    ):
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        (home / path).write_bytes(b"x" * size)
    os.link(home / "data/2026/table.csv", home / "data/same.csv")
    (home / "way-out").symlink_to(outside)
    (home / "loop").symlink_to(home)
    (home / "odd\udcff.txt").write_bytes(b"x" * 20_000)
    found = look(home)
    assert found["complete"]
    assert 500_000 < found["used"] < 700_000
    assert found["files"][0]["path"].endswith(("table.csv", "same.csv"))
    sizes = [one["size"] for one in found["files"]]
    assert sizes == sorted(sizes, reverse=True)
    named = {one["path"] for one in found["files"]} | {one["path"] for one in found["folders"]}
    assert not [path for path in named if "huge" in path or path.startswith(("loop", "way-out"))]
    caches = {one["path"] for one in found["folders"] if one["cache"]}
    assert {".cache", ".local/share/Trash", "work/.ipynb_checkpoints"} == caches
    assert not look(home, 0)["complete"]


def test_only_what_is_in_the_home_is_removed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    outside = tmp_path / "outside"
    for folder in (home / "data", outside):
        folder.mkdir(parents=True)
        (folder / "kept.txt").write_text("kept")
    (home / "link").symlink_to(outside)
    (home / "data/out").symlink_to(outside)
    for path in ("", ".", "..", "../outside", "/etc", "link/kept.txt", "data/../..", "a\0b", "data/.."):
        with pytest.raises(Refused):
            remove(home, ["data/kept.txt", path])
    assert (home / "data/kept.txt").exists(), "nothing is touched where one path leads out"
    done = remove(home, ["link", "data", "gone.txt"])
    assert (done.removed, done.failed) == (["link", "data", "gone.txt"], [])
    assert everything(outside) == {"kept.txt": b"kept"}
    assert list(home.iterdir()) == []


@pytest.mark.parametrize(
    ("here", "size", "measured", "level", "watch"),
    [
        (Room(total=1000 * MIB, free=500 * MIB), 0, None, HomeLevel.ok, HomeWatch.disk),
        (Room(total=1000 * MIB, free=90 * MIB), 0, None, HomeLevel.filling, HomeWatch.disk),
        (Room(total=10**6 * MIB, free=5000 * MIB), 0, None, HomeLevel.ok, HomeWatch.disk),
        (Room(total=1000 * MIB, free=-1), 0, None, HomeLevel.full, HomeWatch.disk),
        # A quota of the file system's: it answers for the home alone.
        (Room(total=100 * MIB, free=9 * MIB), 100 * MIB, None, HomeLevel.filling, HomeWatch.quota),
        # Only agreed upon: measured.
        (Room(total=10**6 * MIB, free=10**5 * MIB), 100 * MIB, None, HomeLevel.ok, HomeWatch.measured),
        (Room(total=10**6 * MIB, free=10**5 * MIB), 100 * MIB, 89 * MIB, HomeLevel.ok, HomeWatch.measured),
        (
            Room(total=10**6 * MIB, free=10**5 * MIB),
            100 * MIB,
            90 * MIB,
            HomeLevel.filling,
            HomeWatch.measured,
        ),
        (Room(total=10**6 * MIB, free=10**5 * MIB), 100 * MIB, 101 * MIB, HomeLevel.full, HomeWatch.measured),
    ],
)
def test_how_full_it_is(
    here: Room, size: int, measured: int | None, level: HomeLevel, watch: HomeWatch
) -> None:
    found = judge(here, size, measured)
    assert (found.level, found.watch) == (level, watch)


async def test_a_measurement_is_kept_until_something_is_removed(tmp_path: Path) -> None:
    (tmp_path / "one.bin").write_bytes(b"x" * MIB)
    watch = Watch(tmp_path, size=2 * MIB)
    first = await watch.contents()
    (tmp_path / "two.bin").write_bytes(b"x" * MIB)
    assert (await watch.contents()).used == first.used
    watch.changed()
    assert (await watch.contents()).used > first.used
    assert (await watch.state()).level is HomeLevel.full
