"""Sign-in with names and passwords of a real directory."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.workbench import Person, Workbench, wait_for

from .conftest import keep
from .directory import BASE, Directory

SETTINGS = """
sign_in:
  method: ldap
  refresh_seconds: 10
  allowed_groups: ["cn=science,ou=groups,{base}"]
  admin_groups: ["cn=admins,ou=groups,{base}"]
  groups:
    - {{claim: "cn=science,ou=groups,{base}", project: vintage}}
    - {{claim: "cn=gpu,ou=groups,{base}", entitlement: gpu}}
  ldap:
    server: 127.0.0.1
    port: {port}
    tls: none
    bind_dn: cn=reader,{base}
    bind_password_file: secrets/reader
    user_base: ou=people,{base}
    button: Example Directory
"""


@pytest.fixture(scope="module")
def town() -> Iterator[tuple[Workbench, Directory]]:
    with tempfile.TemporaryDirectory(prefix="nbl") as root:
        directory = Directory(Path(root))
        bench = Workbench(Path(root))
        keep(bench, "reader", "the reader's words")
        bench.place.settings_file.write_text(SETTINGS.format(base=BASE, port=directory.port))
        for group in ("science", "admins", "gpu"):
            directory.group(group)
        try:
            bench.open()
            yield bench, directory
        finally:
            bench.close()
            directory.stop()


@pytest.fixture(scope="module")
def bench(town: tuple[Workbench, Directory]) -> Workbench:
    return town[0]


@pytest.fixture(scope="module")
def directory(town: tuple[Workbench, Directory]) -> Directory:
    return town[1]


def me(person: Person) -> dict[str, object]:
    answer = person.api("GET", "user")
    return answer.json() if answer.is_success else {}


def test_a_person_of_the_directory(bench: Workbench, directory: Directory) -> None:
    directory.person("ada", "lovely words", "science", "gpu")
    ada = Person(bench, "ADA", "lovely words")
    assert ada.answer.is_success, bench.log()
    found = me(ada)
    assert (found["name"], found["admin"]) == ("ada", False)
    assert set(found["groups"]) == {"vintage", "vintage:editor", "gpu"}  # type: ignore[call-overload]
    wrong = Person(bench, "ada", "other words")
    assert wrong.answer.status_code == 403
    assert "that of Example Directory" in wrong.answer.text
    assert "Use your name and password of Example Directory" in wrong.answer.text
    directory.join("ada", "gpu", "delete")
    wait_for(lambda: "gpu" not in me(ada)["groups"], 20)  # type: ignore[operator]
    directory.join("ada", "admins")
    wait_for(lambda: me(ada)["admin"] is True, 20)
    directory.join("ada", "admins", "delete")
    wait_for(lambda: me(ada)["admin"] is False, 20)


def test_without_a_rule_nobody_comes_in(bench: Workbench, directory: Directory) -> None:
    directory.person("eve", "her words")
    eve = Person(bench, "eve", "her words")
    assert eve.answer.status_code == 403
    assert "may not use this Notebench" in eve.answer.text
    assert not me(eve)


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("*", "x"),
        ("ada)(uid=*", "x"),
        ("ada", ""),
        ("ada", "\0"),
        ("x" * 300, "x"),
        ("admin", "x"),
        ("", "x"),
    ],
)
def test_what_is_no_name_and_no_password(bench: Workbench, name: str, password: str) -> None:
    assert Person(bench, name, password, come_from="127.0.0.70").answer.status_code in (400, 403)


def test_guessing_is_slowed_down_as_for_accounts_made_here(bench: Workbench, directory: Directory) -> None:
    directory.person("victim", "her words", "science")
    answers = [
        Person(bench, "victim", f"guess-{number}", come_from="127.0.0.71").answer for number in range(11)
    ]
    assert [answer.status_code for answer in answers] == [403] * 10 + [429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert me(Person(bench, "victim", "her words"))["name"] == "victim"


def test_who_left_is_out_and_the_next_of_that_name_is_somebody_else(
    bench: Workbench, directory: Directory
) -> None:
    directory.person("dan", "his words", "science")
    dan = Person(bench, "dan", "his words")
    assert me(dan)
    directory.remove("dan")
    wait_for(lambda: not me(dan), 20)
    directory.join("dan", "science", "delete")
    directory.person("dan", "other words", "science")
    second = Person(bench, "dan", "other words")
    assert second.answer.status_code == 403
    assert "belongs to another account here" in second.answer.text


def test_a_directory_that_is_away(bench: Workbench, directory: Directory) -> None:
    directory.person("kim", "kims words", "science")
    kim = Person(bench, "kim", "kims words")
    directory.stop()
    other = Person(bench, "ada", "lovely words")
    assert other.answer.status_code == 503
    assert "Example Directory does not answer" in other.answer.text
    assert me(kim)["name"] == "kim"


def test_no_password_is_in_a_log(bench: Workbench) -> None:
    said = "".join(file.read_text() for file in bench.place.logs.iterdir())
    for words in ("lovely words", "the reader's words", "guess-"):
        assert words not in said
