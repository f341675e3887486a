"""Accounts: unique for every name, never somebody else's, noted before they are made, removed alone."""

import grp
import json
import os
import pwd
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notebench.contract.errors import Conflict, NotebenchError, Refused
from notebench_spawner.launcher import ids, registry
from notebench_spawner.launcher.accounts import Accounts, account_name, remove_accounts

from tests.launcher.world import IDS, World, as_account, why_not, world

ONE, OTHER = "0" * 32, "1" * 32
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=400)
HOSTILE = [
    "root",
    "postgres",
    "nobody",
    "Ada",
    "ADA",
    "ада",  # Cyrillic
    "ａｄａ",  # full width
    "ada\u200b",
    "a" * 300,
    "a" * 300 + "b",
    "ada\0",
    "ada\n",
    "ada:x:0:0",
    "-rf",
    "--system",
    "../../etc",
    "nb-ada",
    "💥",
    " ",
    "ada,ada",
    "$(id)",
]


@pytest.fixture
def place() -> Iterator[World]:
    """An installation whose launcher does not run."""
    if reason := why_not():
        pytest.skip(reason)
    with world(start=False) as made:
        yield made


def accounts(place: World) -> Accounts:
    return Accounts(place.root, place.first_id, IDS)


def file(place: World) -> Path:
    return place.root / registry.FILE


@given(st.lists(NAMES, unique=True))
def test_names_are_unique_and_plain(users: list[str]) -> None:
    found = [account_name(installation, user) for installation in (ONE, OTHER) for user in users]
    assert len(set(found)) == len(found)
    for name in found:
        assert re.fullmatch(r"nb-[a-z0-9-]{1,16}-[0-9a-f]{12}", name)
        assert len(name) <= 32


def test_hostile_names_get_accounts_of_their_own(place: World) -> None:
    existing = {user.pw_name: user.pw_uid for user in pwd.getpwall()}
    made = {user: accounts(place).ensure(user) for user in HOSTILE}
    taken = accounts(place).ensure(made["root"].name)  # a name that is somebody's account
    found = [*made.values(), taken]
    assert len({one.name for one in found}) == len({one.uid for one in found}) == len(HOSTILE) + 1
    for one in found:
        assert one.name not in existing
        assert place.first_id < one.uid < place.first_id + IDS
        system = pwd.getpwnam(one.name)
        assert (system.pw_uid, system.pw_gid) == (one.uid, one.uid)
        assert os.getgrouplist(one.name, one.uid) == [one.uid]
    assert {user.pw_name: user.pw_uid for user in pwd.getpwall() if user.pw_name in existing} == existing
    assert {user: accounts(place).ensure(user) for user in HOSTILE} == made  # the same again


def test_nobody_can_log_in(place: World) -> None:
    one = accounts(place).ensure("ada")
    [line] = [
        line for line in Path("/etc/shadow").read_text().splitlines() if line.startswith(f"{one.name}:")
    ]
    assert line.split(":")[1].startswith("!")
    assert Path(pwd.getpwnam(one.name).pw_shell).name in {"nologin", "false"}
    assert not Path("/var/mail", one.name).exists()
    assert one.name not in Path("/etc/subuid").read_text()


@pytest.mark.parametrize("name", ["", "\ud800", "x" * 1001])
def test_what_is_no_name_is_refused(place: World, name: str) -> None:
    with pytest.raises(Refused):
        accounts(place).ensure(name)
    with pytest.raises(Refused):
        accounts(place).find(name)


def test_an_account_that_somebody_made_by_hand_is_refused(place: World) -> None:
    known = registry.load(place.root)
    assert known is not None
    name = account_name(known.installation, "ada")
    subprocess.run(["useradd", "--system", "--no-create-home", name], check=True)
    try:
        with pytest.raises(Refused) as refusal:
            accounts(place).ensure("ada")
        assert refusal.value.kind == "account-foreign"
        assert name in refusal.value.text()
        assert remove_accounts(place.root) == [place.parts.name]
        assert pwd.getpwnam(name)
    finally:
        subprocess.run(["userdel", name], check=True)


def test_an_account_that_was_changed_is_neither_used_nor_removed(place: World) -> None:
    one = accounts(place).ensure("ada")
    other = accounts(place).ensure("bert")
    subprocess.run(["usermod", "--comment", "An admin", one.name], check=True)
    with pytest.raises(Refused):
        accounts(place).ensure("ada")
    with pytest.raises(Conflict) as left:
        remove_accounts(place.root)
    assert one.name in left.value.text()
    assert pwd.getpwnam(one.name)
    with pytest.raises(KeyError):
        pwd.getpwnam(other.name)
    known = registry.load(place.root)
    assert known is not None
    assert list(known.people) == ["ada"]
    subprocess.run(["usermod", "--comment", known.comment, one.name], check=True)
    assert remove_accounts(place.root) == [one.name]


def test_an_account_that_an_admin_removed_is_made_again_with_its_number(place: World) -> None:
    one = accounts(place).ensure("ada")
    subprocess.run(["userdel", one.name], check=True)
    assert accounts(place).ensure("ada") == one
    assert pwd.getpwnam(one.name).pw_uid == one.uid


@pytest.mark.parametrize("step", ["noted", "group", "user"])
def test_a_making_that_was_cut_off_is_completed(place: World, step: str) -> None:
    """As it looks when the launcher is killed after each step."""
    known = registry.load(place.root)
    assert known is not None
    name, uid = account_name(known.installation, "ada"), place.first_id + 7
    known.people["ada"] = registry.Entry(account=name, uid=uid)
    registry.save(place.root, known)
    if step != "noted":
        subprocess.run(["groupadd", "--gid", str(uid), name], check=True)
    if step == "user":
        words = ["--system", "--uid", str(uid), "--gid", str(uid), "--comment", known.comment]
        subprocess.run(["useradd", *words, name], check=True)
    assert accounts(place).ensure("ada").uid == uid
    assert grp.getgrnam(name).gr_gid == uid


def test_a_number_that_somebody_took_meanwhile_is_not_used(place: World) -> None:
    known = registry.load(place.root)
    assert known is not None
    name, uid = account_name(known.installation, "ada"), place.first_id + 7
    known.people["ada"] = registry.Entry(account=name, uid=uid)
    registry.save(place.root, known)
    subprocess.run(["groupadd", "--gid", str(uid), f"nbt{uid}"], check=True)
    try:
        assert accounts(place).ensure("ada").uid != uid
    finally:
        subprocess.run(["groupdel", f"nbt{uid}"], check=True)


def test_numbers_are_not_given_twice(place: World) -> None:
    first = accounts(place).ensure("ada")
    known = registry.load(place.root)
    assert known is not None
    del known.people["ada"]
    registry.save(place.root, known)
    subprocess.run(["userdel", first.name], check=True)
    assert accounts(place).ensure("bert").uid > first.uid


def test_a_range_that_is_used_up_is_said(place: World) -> None:
    small = Accounts(place.root, place.first_id, 3)
    small.ensure("ada")
    small.ensure("bert")
    with pytest.raises(Refused) as full:
        small.ensure("carl")
    assert full.value.kind == "ids-used-up"
    assert "account_ids" in full.value.text()


def test_numbers_of_nobody_are_never_a_persons(place: World) -> None:
    """The last of the range are for processes that wait."""
    assert len(ids.of_nobody(700_000, 50_000)) == 1000
    small = Accounts(place.root, place.first_id, 16)
    nobodys = ids.of_nobody(place.first_id, 16)
    assert list(nobodys) == [place.first_id + 14, place.first_id + 15]
    given = [small.ensure(f"user-{number}").uid for number in range(13)]  # the first is the parts'
    assert max(given) < nobodys.start
    with pytest.raises(Refused) as full:
        small.ensure("one-more")
    assert f"to {place.first_id + 13} " in full.value.text()


def test_many_at_once_each_get_one(place: World) -> None:
    found: dict[str, set[int]] = {}

    def one(user: str) -> None:
        found.setdefault(user, set()).add(accounts(place).ensure(user).uid)

    threads = [threading.Thread(target=one, args=(f"user-{number % 4}",)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(len(uids) == 1 for uids in found.values())
    assert len(set.union(*found.values())) == 4


DAMAGE = {
    "empty": b"",
    "cut off": b'{"format": 1, "installation": "',
    "no text": b"\xff\xfe",
    "root's number": '"uid": 0',
    "an existing account": '"account": "daemon"',
    "an unknown field": '"made": true, "shell": "/bin/bash"',
    "the same number twice": "",
}


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_list_is_refused_and_nothing_lost(place: World, how: str) -> None:
    one, _ = accounts(place).ensure("ada"), accounts(place).ensure("bert")
    whole, change = file(place).read_bytes(), DAMAGE[how]
    known = json.loads(whole)
    if isinstance(change, bytes):
        file(place).write_bytes(change)
    else:
        known["people"]["ada"] |= json.loads(f"{{{change}}}")
        if not change:
            known["people"]["ada"]["uid"] = known["people"]["bert"]["uid"]
        file(place).write_text(json.dumps(known))
    damaged = file(place).read_bytes()
    for verb in (
        lambda: accounts(place).ensure("ada"),
        lambda: accounts(place).find("ada"),
        lambda: accounts(place).ensure("new"),
        lambda: remove_accounts(place.root),
        lambda: accounts(place).parts(place.parts.name),
    ):
        with pytest.raises(Refused) as refusal:
            verb()
        assert refusal.value.kind == "accounts-damaged"
    assert file(place).read_bytes() == damaged
    done = subprocess.run(place.command(), capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1
    assert "is damaged" in done.stderr
    file(place).write_bytes(whole)
    assert accounts(place).ensure("ada") == one


def test_a_list_that_names_another_for_somebody_is_refused(place: World) -> None:
    accounts(place).ensure("ada")
    accounts(place).ensure("bert")
    known = json.loads(file(place).read_text())
    people = known["people"]
    people["ada"], people["bert"] = people["bert"], people["ada"]
    file(place).write_text(json.dumps(known))
    with pytest.raises(Refused) as refusal:
        accounts(place).ensure("ada")
    assert refusal.value.kind == "account-foreign"


def test_the_list_is_for_root_to_write_and_the_parts_to_read(place: World) -> None:
    accounts(place).ensure("ada")
    found = file(place).stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (0, place.parts.gid, 0o640)
    assert place.as_parts(file(place).read_bytes) == 0
    assert place.as_parts(lambda: file(place).open("a")) == 1
    assert as_account(accounts(place).ensure("ada").uid, file(place).read_bytes) == 1


@pytest.mark.parametrize("what", ["file", "folder", "link"])
def test_a_list_that_others_can_write_is_not_believed(place: World, what: str) -> None:
    if what == "file":
        os.chown(file(place), place.parts.uid, place.parts.gid)
    elif what == "folder":
        os.chown(place.root, place.parts.uid, place.parts.gid)
    else:
        file(place).rename(place.root / "elsewhere")
        file(place).symlink_to(place.root / "elsewhere")
    try:
        with pytest.raises((Refused, OSError)):
            accounts(place).ensure("ada")
    finally:
        os.chown(place.root, 0, 0)
        if what == "link":
            file(place).unlink()
            (place.root / "elsewhere").rename(file(place))
        os.chown(file(place), 0, place.parts.gid)


def test_all_that_was_made_is_removed_and_nothing_else(place: World) -> None:
    made = [accounts(place).ensure(user) for user in ("ada", "bert")]
    before = {user.pw_name for user in pwd.getpwall()}
    removed = remove_accounts(place.root)
    assert set(removed) == {*(one.name for one in made), place.parts.name}
    assert before - {user.pw_name for user in pwd.getpwall()} == set(removed)
    for name in removed:
        with pytest.raises(KeyError):
            grp.getgrnam(name)
    assert remove_accounts(place.root) == []


def test_a_range_that_is_somebodys_is_refused(tmp_path: Path) -> None:
    subuid = tmp_path / "subuid"
    subuid.write_text("# comment\nada:100000:65536\nbroken\nbert:many:x\n")
    ids.check_range(700_000, 100, subordinate=[subuid, tmp_path / "none"])
    for first in (100_000, 165_535, 99_950):
        with pytest.raises(Refused) as refusal:
            ids.check_range(first, 100, subordinate=[subuid])
        assert "subuid of ada" in refusal.value.text()
    for first, count in ((0, 10), (999, 10), (65_500, 100), (700_000, 0), (2**31 - 10, 100)):
        with pytest.raises(Refused):
            ids.check_range(first, count, subordinate=[])


def test_a_range_in_which_a_person_of_the_system_is_refused(place: World) -> None:
    other = f"nbt{place.first_id}"
    subprocess.run(
        ["useradd", "--system", "--uid", str(place.first_id + 50), "--no-create-home", other], check=True
    )
    try:
        with pytest.raises(NotebenchError) as refusal:
            accounts(place).check_range()
        assert other in str(refusal.value)
    finally:
        with suppress(subprocess.CalledProcessError):
            subprocess.run(["userdel", other], check=True)
