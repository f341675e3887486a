"""An older state is backed up and migrated; a newer one, or a migration that fails, changes nothing."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from notebench.contract.errors import Refused, Unavailable
from notebench_hub.backup.restore import restore, verify
from notebench_hub.place import Place
from notebench_hub.service.store.migrate import known_revisions
from notebench_hub.supervisor.claim import STATE_FORMAT, claimed
from notebench_hub.upgrade import bring_up_to_date
from notebench_hub.upgrade.before import KEPT
from notebench_hub.upgrade.revisions import databases, older

from tests.disks import filled, small_disk
from tests.supervisor.conftest import CommandLine

from .conftest import ENVIRONMENT, files, rows, service, sql

OLDER = {"jupyterhub.sqlite", "notebench.db", "mlflow.db"}
PROJECTS = "SELECT name FROM projects"


def quiet(_what: str, _part: float) -> None:
    return


def backups(place: Place) -> list[Path]:
    return sorted((place.root / "backups").glob("*.tar"))


def test_an_older_state_is_backed_up_and_migrated(old: Place, tmp_path: Path) -> None:
    assert {one.file.name for one in older(old)} == OLDER
    done = bring_up_to_date(old, quiet)
    assert done
    assert done.names == ["hub", "mlflow", "service"]
    assert older(old) == []
    assert rows(old.service / "notebench.db", PROJECTS) == [("alloys",)]
    assert rows(old.hub / "jupyterhub.sqlite", "SELECT name, display_name FROM spawners") == [
        ("second", None)
    ]
    assert rows(old.mlflow / "mlflow.db", "SELECT name FROM experiments WHERE name = 'wine'") == [("wine",)]
    assert rows(old.service / "notebench.db", "PRAGMA journal_mode") == [("wal",)]
    assert done.backup
    assert done.backup.stat().st_mode & 0o777 == 0o600
    contents, findings = verify(done.backup)
    assert contents.header.kind == "databases"
    assert not [one for one in findings if not one.fine and "broken" in one.template]
    again = Place(tmp_path / "again")
    shutil.copy(done.backup, tmp_path / "it.tar")
    restore(tmp_path / "it.tar", again)
    assert {one.file.name for one in older(again)} == OLDER
    assert again.secret("hub-cookie") == old.secret("hub-cookie")
    assert bring_up_to_date(old, quiet) is None
    assert len(backups(old)) == 1


def in_a_pod(place: Place) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "NOTEBENCH_STATE_DIR": str(place.root)}
    command = [sys.executable, "-m", "notebench_hub.upgrade"]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def test_the_first_container_of_a_pod_does_it_once(place: Place) -> None:
    for _ in range(2):
        done = in_a_pod(place)
        assert (done.returncode, done.stderr) == (0, "")
        assert older(place) == []
        assert len(backups(place)) == 1


def test_the_first_container_of_a_pod_fails_where_a_newer_version_wrote(place: Place) -> None:
    sql(place.service / "notebench.db", "UPDATE alembic_version SET version_num = '9999'")
    before = files(place)
    done = in_a_pod(place)
    assert done.returncode == 1
    assert "newer version of notebench-hub" in done.stderr
    assert "Traceback" not in done.stderr
    assert files(place) == before


def test_a_migration_that_fails_leaves_the_old_state(place: Place) -> None:
    broken = place.service / "notebench.db"
    sql(broken, "CREATE TABLE runs (id INTEGER)")  # what the next migration makes
    before = files(place)
    with pytest.raises(
        Unavailable, match=r"database of service could not be brought .*already exists"
    ) as caught:
        bring_up_to_date(place, quiet)
    said = str(caught.value)
    assert "Nothing was changed" in said
    (backup,) = backups(place)
    assert str(backup) in said
    assert "already exists" in (place.logs / "upgrade.log").read_text()
    assert files(place) == before
    assert rows(broken, "SELECT version_num FROM alembic_version") == [("0001",)]
    assert not list(place.root.glob(".upgrade-*"))


def test_the_state_format_counts_as_well(place: Place) -> None:
    assert bring_up_to_date(place, quiet)
    facts = {"version": "0.0.1", "state_format": STATE_FORMAT - 1, "ip": "127.0.0.1", "port": 1}
    place.instance_file.write_text(
        json.dumps({**facts, "proxy_api_port": 2, "hub_port": 3, "service_port": 4})
    )
    done = bring_up_to_date(place, quiet)
    assert done
    assert done.names == []
    assert done.backup


@pytest.mark.parametrize("number", range(4))
def test_a_database_of_a_newer_version_is_refused(place: Place, number: int) -> None:
    one = databases(place)[number]
    sql(
        one.file,
        f"CREATE TABLE IF NOT EXISTS {one.table} (version_num TEXT)",
        f"DELETE FROM {one.table}",
        f"INSERT INTO {one.table} VALUES ('fromthefuture')",
    )
    before = files(place)
    with pytest.raises(Refused, match="written by a newer version of") as caught:
        bring_up_to_date(place, quiet)
    assert caught.value.kind == "state-newer"
    assert "fromthefuture" in str(caught.value)
    assert files(place) == before
    assert backups(place) == []


def test_a_broken_database_is_said_to_be_broken(place: Place) -> None:
    (place.hub / "jupyterhub.sqlite").write_bytes(b"this was a database once" * 1000)
    with pytest.raises(Unavailable, match="file is not a database") as caught:
        bring_up_to_date(place, quiet)
    assert "notebench restore" in str(caught.value)


def test_a_few_backups_are_kept(place: Place) -> None:
    folder = place.root / "backups"
    folder.mkdir()
    for day in range(1, 6):
        (folder / f"before-upgrade-2026-01-0{day}T00-00-00Z.tar").write_bytes(b"")
    (folder / "mine.tar").write_bytes(b"")
    done = bring_up_to_date(place, quiet)
    assert done
    assert done.backup in backups(place)
    assert len(backups(place)) == KEPT + 1
    assert (folder / "mine.tar").exists()


def up(place: Place, *more: str) -> subprocess.CompletedProcess[str]:
    return CommandLine(place.root)("up", "--part", "proxy", "--detach", "--port", "0", *more)


def test_up_says_what_it_does(place: Place) -> None:
    notebench = CommandLine(place.root)
    try:
        done = up(place)
        assert done.returncode == 0, done.stderr
        assert "Brought to this version: the databases of service." in done.stderr
        assert str(backups(place)[0]) in done.stderr
        assert older(place) == []
    finally:
        notebench("down", "--yes")


def test_without_room_for_the_backup_it_is_refused_until_one_says_so(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 256) as disk:
        place = Place(disk / "state")
        place.create()
        service(place.service / "notebench.db", "0001")
        with small_disk(place.root / "backups", 0.1) as folder, filled(folder):
            before = files(place)
            done = up(place)
            assert done.returncode == 4
            assert "there could be no backup before its upgrade" in done.stderr
            assert "--without-backup" in done.stderr
            assert files(place) == before
            try:
                done = up(place, "--without-backup")
                assert done.returncode == 0, done.stderr
                assert older(place) == []
            finally:
                CommandLine(place.root)("down", "--yes")


UPGRADE = """
import sys
from pathlib import Path
from notebench_hub.place import Place
from notebench_hub.supervisor.claim import claimed
from notebench_hub.upgrade import bring_up_to_date
place = Place(Path(sys.argv[1]))
with claimed(place):
    bring_up_to_date(place, lambda what, part: None)
"""


def test_killed_at_any_moment_it_is_the_old_state_or_the_new_one(place: Place) -> None:
    file = place.service / "notebench.db"
    moments = random.Random(1)
    for _ in range(int(os.environ.get("NOTEBENCH_FAULT_ROUNDS", "3"))):
        file.unlink()
        service(file, "0001")
        upgrade = subprocess.Popen(
            [sys.executable, "-c", UPGRADE, str(place.root)], env=ENVIRONMENT, start_new_session=True
        )
        time.sleep(moments.uniform(0.3, 3.0))
        os.killpg(upgrade.pid, signal.SIGKILL)
        upgrade.wait()
        assert rows(file, "PRAGMA integrity_check") == [("ok",)]
        assert rows(file, PROJECTS) == [("alloys",)]
        assert rows(file, "SELECT version_num FROM alembic_version")[0][0] in {"0001", max(known_revisions())}
        with claimed(place):
            bring_up_to_date(place, quiet)
        assert older(place) == []
        assert rows(file, PROJECTS) == [("alloys",)]
        assert not [*place.root.glob(".upgrade-*"), *(place.root / "backups").glob(".*")]
