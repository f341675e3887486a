"""Backups and upgrades of an installation whose records are on a PostgreSQL server."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from notebench.contract.errors import Refused, Unavailable
from notebench_hub.backup.restore import restore, verify
from notebench_hub.backup.write import Wish, write
from notebench_hub.databases import Server, on_servers
from notebench_hub.place import Place
from notebench_hub.settings import load
from notebench_hub.upgrade import bring_up_to_date
from notebench_hub.upgrade.revisions import databases, older

from tests.postgres.server import PASSWORD, Postgres, query
from tests.upgrade.conftest import MLFLOW


def settings(place: Place, **servers: Server) -> Place:
    place.create()
    secret = place.root / "secrets" / "postgresql"
    secret.write_text(PASSWORD)
    secret.chmod(0o600)
    said = {
        part: {"url": one.address, "password_file": "secrets/postgresql"} for part, one in servers.items()
    }
    place.settings_file.write_text(json.dumps({"accounts": "shared", "databases": said}))
    return place


@pytest.fixture(scope="module")
def before(postgres: Postgres) -> Server:
    """MLflow's tables as the version before made them."""
    made = postgres.database()
    done = subprocess.run(
        [sys.executable, "-c", MLFLOW, made.url],
        env={"PATH": "/usr/bin:/bin", **made.environment()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture
def mlflow(postgres: Postgres, before: Server) -> Server:
    """A copy of them."""
    return postgres.database(before)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "state")


def quiet(_what: str, _part: float) -> None:
    return None


def test_what_is_on_a_server_is_upgraded_there(place: Place, mlflow: Server) -> None:
    settings(place, mlflow=mlflow)
    assert [one.where for one in older(place)] == [mlflow.address]
    done = bring_up_to_date(place, quiet)
    assert done
    assert done.names == ["mlflow"]
    assert older(place) == []
    assert query(mlflow, "SELECT name FROM experiments") == [("wine",)]
    assert done.backup
    assert "mlflow are on a PostgreSQL server" in verify(done.backup)[0].header.notes[0]
    told = b"".join(file.read_bytes() for file in (place.logs).iterdir())
    assert PASSWORD.encode() not in told


COLUMNS = "SELECT table_name, column_name FROM information_schema.columns ORDER BY 1, 2"


def test_an_upgrade_that_fails_has_not_happened(place: Place, mlflow: Server) -> None:
    """It fails at its very end, when all tables are changed already."""
    settings(place, mlflow=mlflow)
    refuse = "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'on purpose'; END $$"
    query(mlflow, refuse)
    query(mlflow, "CREATE TRIGGER no BEFORE UPDATE ON alembic_version EXECUTE FUNCTION no()")
    found = query(mlflow, COLUMNS)
    with pytest.raises(Unavailable, match="on purpose"):
        bring_up_to_date(place, quiet)
    assert query(mlflow, COLUMNS) == found
    query(mlflow, "DROP TRIGGER no ON alembic_version")
    assert bring_up_to_date(place, quiet)
    assert query(mlflow, COLUMNS) != found


def test_a_newer_one_is_refused_by_its_address(place: Place, mlflow: Server) -> None:
    settings(place, mlflow=mlflow)
    query(mlflow, "UPDATE alembic_version SET version_num = 'ffff'")
    with pytest.raises(Refused, match="newer version of mlflow") as refusal:
        older(place)
    assert mlflow.address in str(refusal.value)
    assert PASSWORD not in str(refusal.value)


def test_a_server_that_is_away_stops_the_upgrade_with_a_sentence(place: Place) -> None:
    settings(place, mlflow=Server("postgresql://notebench@127.0.0.1:1/mlflow", PASSWORD))
    with pytest.raises(Unavailable, match="Connection refused") as refusal:
        older(place)
    assert PASSWORD not in str(refusal.value)


def test_an_empty_database_is_nobodys_older_one(place: Place, postgres: Postgres) -> None:
    settings(place, mlflow=postgres.database())
    assert [one.revisions() for one in databases(place) if one.server] == [None, None]
    assert older(place) == []


def test_a_backup_says_what_is_not_in_it(place: Place, tmp_path: Path) -> None:
    """Nobody believes that they have what they do not have; and what there is can be put back."""
    address = "postgresql://notebench@127.0.0.1:1/"
    settings(place, **{part: Server(address + part) for part in ("hub", "service", "mlflow")})
    wish = Wish(elsewhere=on_servers(load(place)))
    done = write(place, tmp_path / "it.tar", wish)
    assert [line for line in done.notes if "pg_dump" in line] == done.notes
    assert len(done.notes) == 3
    contents, findings = verify(tmp_path / "it.tar")
    assert contents.header.elsewhere == ("hub", "service", "mlflow")
    assert [finding for finding in findings if not finding.fine] == []
    again = Place(tmp_path / "again")
    restore(tmp_path / "it.tar", again)
    assert load(again) == load(place)
    assert (again.root / "secrets" / "postgresql").read_text() == PASSWORD
