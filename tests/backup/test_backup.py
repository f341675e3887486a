"""One file with everything, and what becomes of it when something is wrong."""

import contextlib
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tarfile
import threading
import time
from pathlib import Path

import pytest
from notebench.contract.errors import Conflict, Refused, Unavailable
from notebench_hub.backup import manifest
from notebench_hub.backup.read import Corrupt, read
from notebench_hub.backup.restore import restore, verify
from notebench_hub.backup.write import Wish, write
from notebench_hub.place import Place

from .conftest import ADA, MODEL, rows, sql


@pytest.fixture
def archive(place: Place, tmp_path: Path) -> Path:
    file = tmp_path / "backup.tar"
    write(place, file, Wish(homes=True))
    return file


def names(archive: Path) -> set[str]:
    with tarfile.open(archive) as tar:
        return set(tar.getnames())


def test_it_holds_what_must_not_be_lost_and_nothing_else(place: Place, archive: Path) -> None:
    inside = names(archive)
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert {
        "README.txt",
        "state/settings.yaml",
        "state/secrets/hub-cookie",
        "state/hub/jupyterhub.sqlite",
        "state/service/notebench.db",
        "state/mlflow/mlflow.db",
        f"state/{MODEL}/MLmodel",
        f"state/{MODEL}/model.db",
        "state/homes/ada/work.ipynb",
        "state/homes/ada/link",
    } <= inside
    assert not [name for name in inside if name.startswith(("state/logs", "state/run"))]
    assert not [name for name in inside if name.endswith(("-wal", "-shm"))]
    with tarfile.open(archive) as tar:
        readme = tar.extractfile("README.txt")
        assert readme
        assert "IT HOLDS SECRETS" in readme.read().decode()


def test_homes_only_where_asked_for(place: Place, tmp_path: Path) -> None:
    write(place, tmp_path / "without.tar", Wish())
    assert not [name for name in names(tmp_path / "without.tar") if "homes/" in name]


def test_a_whole_one_is_said_to_be_whole(archive: Path) -> None:
    contents, findings = verify(archive)
    assert contents.header.homes
    assert [one for one in findings if not one.fine] == []
    assert any("model versions" in one.template for one in findings)


def test_restored_it_is_what_it_was(place: Place, archive: Path, tmp_path: Path) -> None:
    target = Place(tmp_path / "new" / "state")
    restore(archive, target)
    assert stat.S_IMODE(target.root.stat().st_mode) == 0o700
    assert target.secret("hub-cookie") == place.secret("hub-cookie")
    assert (target.homes / "ada" / "link").readlink() == Path("work.ipynb")
    assert (target.root / MODEL / "model.db").read_bytes() == b"an artifact, not a database"
    assert rows(target.hub / "jupyterhub.sqlite", "SELECT name FROM users") == [("ada",)]
    assert sorted(one.name for one in target.root.parent.iterdir()) == ["state"]


def test_a_restored_installation_knows_no_process_of_the_old_one(
    archive: Path, place: Place, tmp_path: Path
) -> None:
    target = Place(tmp_path / "new")
    restore(archive, target)
    hub = target.hub / "jupyterhub.sqlite"
    assert rows(hub, "SELECT server_id, state FROM spawners") == [(None, "{}")]
    assert rows(hub, "SELECT id FROM servers") == [(2,)]


def test_a_flipped_byte_is_found_with_its_member(archive: Path, tmp_path: Path) -> None:
    content = bytearray(archive.read_bytes())
    content[content.index(b"flavors: {}")] ^= 1
    archive.write_bytes(content)
    with pytest.raises(Corrupt) as raised:
        verify(archive)
    assert f"state/{MODEL}/MLmodel" in str(raised.value)
    with pytest.raises(Corrupt):
        restore(archive, Place(tmp_path / "new"))
    assert not (tmp_path / "new").exists()
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_one_that_was_cut_short_is_refused(archive: Path, tmp_path: Path, part: float) -> None:
    with tarfile.open(archive) as tar:
        last = tar.getmember("manifest.sha256")
    os.truncate(archive, int((last.offset_data + last.size - 1) * part))
    with pytest.raises(Corrupt):
        restore(archive, Place(tmp_path / "new"))
    assert not (tmp_path / "new").exists()


def test_no_byte_of_it_can_be_changed_unseen(place: Place, tmp_path: Path) -> None:
    """Every 997th byte, one after the other: found, or a byte that says nothing (padding, dates)."""
    file = tmp_path / "backup.tar"
    write(place, file, Wish())
    good = file.read_bytes()
    whole = read(file).entries
    for place_ in range(0, len(good), 9973):
        file.write_bytes(good[:place_] + bytes([good[place_] ^ 0x40]) + good[place_ + 1 :])
        with contextlib.suppress(Refused):
            assert read(file).entries == whole


def test_members_that_lead_elsewhere_are_refused(archive: Path, tmp_path: Path) -> None:
    for name in ("/etc/passwd", "state/../../x", "elsewhere"):
        bad = tmp_path / "bad.tar"
        with tarfile.open(bad, "w") as tar:
            tar.addfile(tarfile.TarInfo(name))
        with pytest.raises(Corrupt):
            restore(bad, Place(tmp_path / "new"))
        assert not (tmp_path / "new").exists()


def test_a_place_that_is_not_empty_is_left_alone(place: Place, archive: Path) -> None:
    before = sorted(place.root.rglob("*"))
    with pytest.raises(Conflict):
        restore(archive, place)
    assert sorted(place.root.rglob("*")) == before


def test_an_empty_folder_is_a_place(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    restore(archive, Place(tmp_path / "empty"))
    assert (tmp_path / "empty" / "settings.yaml").exists()


def test_no_backup_is_overwritten(place: Place, archive: Path) -> None:
    before = archive.read_bytes()
    with pytest.raises(Conflict):
        write(place, archive, Wish())
    assert archive.read_bytes() == before


def test_one_of_a_newer_version_is_refused(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = {**manifest.versions(), "mlflow": "99.0"}
    monkeypatch.setattr("notebench_hub.backup.write.versions", lambda: newer)
    file = tmp_path / "newer.tar"
    write(place, file, Wish())
    with pytest.raises(Refused) as raised:
        restore(file, Place(tmp_path / "new"))
    assert (raised.value.kind, "99.0" in str(raised.value)) == ("backup-newer", True)
    assert not (tmp_path / "new").exists()


def test_one_whose_store_is_newer_is_refused(place: Place, tmp_path: Path) -> None:
    sql(place.service / "notebench.db", "UPDATE alembic_version SET version_num = '9999'")
    write(place, tmp_path / "newer.tar", Wish())
    with pytest.raises(Refused) as raised:
        restore(tmp_path / "newer.tar", Place(tmp_path / "new"))
    assert raised.value.kind == "backup-newer"
    assert not (tmp_path / "new").exists()


def test_a_broken_database_is_said_in_words(place: Place, tmp_path: Path) -> None:
    (place.mlflow / "auth.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 8192)
    with pytest.raises(Unavailable):
        write(place, tmp_path / "broken.tar", Wish())
    assert not (tmp_path / "broken.tar").exists()


def test_a_model_without_its_files_is_reported(place: Place, tmp_path: Path) -> None:
    shutil.rmtree(place.root / MODEL)
    write(place, tmp_path / "poor.tar", Wish())
    _, findings = verify(tmp_path / "poor.tar")
    wrong = [one for one in findings if not one.fine]
    assert len(wrong) == 1
    assert f"wine 1 ({ADA})" in str(wrong[0].values)


def test_a_full_disk_leaves_nothing_behind(place: Place, tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(full)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("Mounting a small file system needs root and the right to mount.")
    try:
        (place.root / MODEL / "large").write_bytes(os.urandom(2**20))
        with pytest.raises(Unavailable) as raised:
            write(place, full / "backup.tar", Wish())
        assert raised.value.kind == "backup-disk"
        assert list(full.iterdir()) == []
        file = tmp_path / "good.tar"
        write(place, file, Wish())
        with pytest.raises(Unavailable):
            restore(file, Place(full / "state"))
        assert list(full.iterdir()) == []
    finally:
        subprocess.run(["umount", str(full)], check=True)
    write(place, full / "backup.tar", Wish())
    assert verify(full / "backup.tar")[1]


def test_a_backup_that_was_killed_leaves_no_file_of_that_name(place: Place, tmp_path: Path) -> None:
    (place.root / MODEL / "large").write_bytes(os.urandom(64 * 2**20))
    file = tmp_path / "backup.tar"
    words = [sys.executable, "-m", "notebench_hub.cli", "backup", str(file), "--quiet"]
    child = subprocess.Popen([*words, "--state-dir", str(place.root)])
    part = tmp_path / ".backup.tar.part"
    while child.poll() is None and not (part.exists() and part.stat().st_size > 2**20):
        time.sleep(0.005)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert not file.exists()
    write(place, file, Wish())
    assert not part.exists()
    assert all(one.fine for one in verify(file)[1])


def test_databases_are_of_one_moment_while_others_write(place: Place, tmp_path: Path) -> None:
    """A writer changes MLflow's, then the service's: no backup has the later row without the earlier one."""
    service, mlflow = place.service / "notebench.db", place.mlflow / "mlflow.db"
    sql(service, "CREATE TABLE marks (n INTEGER)")
    sql(mlflow, "CREATE TABLE marks (n INTEGER)")
    stop, last = threading.Event(), 0

    def work() -> None:
        nonlocal last
        with (
            contextlib.closing(sqlite3.connect(mlflow, timeout=30)) as first,
            contextlib.closing(sqlite3.connect(service, timeout=30)) as second,
        ):
            while not stop.is_set():
                last += 1
                for database in (first, second):
                    with database:
                        database.execute("INSERT INTO marks VALUES (?)", (last,))
                for database in (second, first):  # and away again, the one that refers first
                    with database:
                        database.execute("DELETE FROM marks WHERE n = ?", (last - 1,))

    writer = threading.Thread(target=work)
    writer.start()
    try:
        for count in range(12):
            file = tmp_path / f"{count}.tar"
            write(place, file, Wish())
            target = Place(tmp_path / f"restored-{count}")
            restore(file, target)
            said = {n for (n,) in rows(target.service / "notebench.db", "SELECT n FROM marks")}
            made = {n for (n,) in rows(target.mlflow / "mlflow.db", "SELECT n FROM marks")}
            assert said <= made, "the service's copy speaks of what MLflow's does not have"
    finally:
        stop.set()
        writer.join()
    assert last > 50
