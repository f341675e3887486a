"""`notebench audit`: what operators list, export and verify, whether or not anything runs."""

import json
import sqlite3
from pathlib import Path

import pytest
from notebench_hub.cli import commands
from notebench_hub.place import Place
from notebench_hub.service.store import Store, audit
from typer.testing import CliRunner, Result

from tests.audit.test_chain import TRIGGERS


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path / "state")
    made.create()
    store = Store(made.service / "notebench.db", audit_key=made.secret("audit-key"))
    store.open()
    for number in range(5):
        store.write_now(audit.note, "ana", "personal", "token-make", f"thing-{number}", concerns="ben")
    store.write_now(audit.note, "eve", "personal", "login", "\x1b[31m[bold]red")
    store.close()
    return made


def ask(place: Place, *words: str) -> Result:
    return CliRunner().invoke(
        commands, ["audit", "--state-dir", str(place.root), *words], env={"LANGUAGE": "en", "COLUMNS": "200"}
    )


def test_it_lists_newest_first_and_filters(place: Place) -> None:
    found = ask(place, "--who", "ana", "--what", "token-make", "--json")
    assert found.exit_code == 0, found.output
    lines = [json.loads(line) for line in found.stdout.splitlines()]
    assert [one["thing"] for one in lines] == [f"thing-{number}" for number in (4, 3, 2, 1, 0)]
    assert ask(place, "--thing", "thing-3", "--json").stdout.count("\n") == 1
    assert ask(place, "--whom", "ben", "--limit", "2", "--json").stdout.count("\n") == 2
    assert ask(place, "--since", "2099-01-01", "--json").stdout == ""
    assert "made a token" in ask(place).stdout


def test_no_name_speaks_to_the_terminal(place: Place) -> None:
    shown = ask(place).stdout
    assert "\x1b" not in shown
    assert "[bold]red" in shown


def test_the_chain_is_verified(place: Place) -> None:
    whole = ask(place, "--verify")
    assert whole.exit_code == 0, whole.output
    head = whole.stdout.split()[-1]
    assert head.startswith("7:")
    assert ask(place, "--verify", "--head", head).exit_code == 0
    assert ask(place, "--verify", "--head", "6:0000").exit_code == 1
    with sqlite3.connect(place.service / "notebench.db") as connection:
        for (words,) in connection.execute(TRIGGERS["sqlite"]).fetchall():
            connection.execute(words)
        connection.execute("UPDATE audit SET user = 'ben' WHERE number = 4")
    broken = ask(place, "--verify")
    assert broken.exit_code == 1
    assert "Entry 4" in broken.output


@pytest.mark.parametrize("words", [["--what", "nothing"], ["--since", "yesterday"]])
def test_what_makes_no_sense_is_said(place: Place, words: list[str]) -> None:
    assert ask(place, *words).exit_code == 3


def test_where_nothing_was_started(tmp_path: Path) -> None:
    assert ask(Place(tmp_path)).exit_code == 3
