"""Files of homes through the launcher: as the account, so no link and no race reaches anybody else's."""

import errno
import os
import threading
from pathlib import Path

import pytest
from notebench.contract.errors import Refused
from notebench_spawner.beneath import LeadsOutError

from tests.launcher.world import World


def home_of(shared: World, user: str) -> Path:
    shared.hands.prepare_home(shared.workload(user, ""))
    return shared.hands.home(user)


def test_a_file_is_found_opened_and_handed_over(shared: World) -> None:
    home = home_of(shared, "ada")
    (home / "work").mkdir()
    (home / "work" / "a.txt").write_text("hello")
    (home / "link").symlink_to("work/a.txt")
    for path in (home / "work", home / "work" / "a.txt"):
        os.chown(path, *(shared.account("ada").pw_uid,) * 2)
    assert shared.hands.find_file("ada", "link") == home / "work" / "a.txt"
    with shared.hands.open_file("ada", "link") as opened:
        assert opened.read() == b"hello"


def test_nothing_leads_out(shared: World) -> None:
    home, other = home_of(shared, "bert"), home_of(shared, "carl")
    (other / "key").write_text("secret")
    for name, target in {
        "shadow": "/etc/shadow",
        "up": "../carl/key",
        "absolute": str(other / "key"),
        "proc": "/proc/1/environ",
    }.items():
        (home / name).symlink_to(target)
    for path in ("shadow", "up", "absolute", "proc", "../carl/key", "/etc/passwd", "a/../../carl/key"):
        for verb in (shared.hands.find_file, shared.hands.open_file):
            with pytest.raises(OSError):  # noqa: PT011 - any
                verb("bert", path)
    with pytest.raises(LeadsOutError) as out:
        shared.hands.open_file("bert", "../carl/key")
    assert out.value.errno == errno.EACCES


def test_a_link_that_becomes_one_meanwhile_reaches_nothing_of_roots(shared: World) -> None:
    """The file is swapped for a link to what only root may read, as fast as possible."""
    home, uid = home_of(shared, "dora"), shared.account("dora").pw_uid
    (home / "plain").write_text("plain")
    os.chown(home / "plain", uid, uid)
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            (home / "new").symlink_to("/etc/shadow")
            (home / "new").replace(home / "name")
            os.link(home / "plain", home / "new")
            (home / "new").replace(home / "name")

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        seen = set()
        for _ in range(100):
            try:
                with shared.hands.open_file("dora", "name") as opened:
                    seen.add(opened.read())
            except OSError:
                continue
    finally:
        stop.set()
        thread.join()
    assert seen <= {b"plain"}


def test_folders_are_made_and_removed_as_the_account(shared: World) -> None:
    shared.hands.make_folder("emil", "runs/wine")  # makes account and home, too
    made = shared.hands.home("emil") / "runs" / "wine"
    assert made.stat().st_uid == made.parent.stat().st_uid == shared.account("emil").pw_uid
    (made / "out").symlink_to("/etc")
    shared.hands.remove_tree("emil", "runs")
    shared.hands.remove_tree("emil", "runs")
    assert not made.parent.exists()
    assert Path("/etc/passwd").exists()


def test_what_root_left_in_a_home_is_not_removed_by_root(shared: World) -> None:
    home = home_of(shared, "fred")
    (home / "roots").mkdir(mode=0o700)
    (home / "roots" / "file").write_text("x")
    with pytest.raises(OSError):  # noqa: PT011 - any
        shared.hands.remove_tree("fred", "roots")
    assert (home / "roots" / "file").exists()


def test_who_never_was_here_has_no_files_and_gets_no_account(shared: World) -> None:
    for verb in (shared.hands.find_file, shared.hands.open_file, shared.hands.remove_tree):
        with pytest.raises(FileNotFoundError):
            verb("nobody-yet", "a")
    assert "nobody-yet" not in (shared.root / "accounts.json").read_text()


def test_a_home_of_another_account_is_refused(shared: World) -> None:
    home = shared.hands.home("gina")
    home.mkdir(mode=0o700)
    (home / "old").write_text("kept")
    os.chown(home, shared.parts.uid, shared.parts.uid)
    with pytest.raises(Refused) as refusal:
        shared.hands.prepare_home(shared.workload("gina", ""))
    assert refusal.value.kind == "directory-foreign"
    assert str(home) in refusal.value.text()
    assert (home / "old").read_text() == "kept"


def test_a_home_that_was_cut_off_in_the_making_is_completed(shared: World) -> None:
    home = shared.hands.home("hans")
    home.mkdir(mode=0o700)
    shared.hands.prepare_home(shared.workload("hans", ""))
    assert home.stat().st_uid == shared.account("hans").pw_uid


def test_a_home_from_a_backup_becomes_its_persons_and_links_lead_nowhere(
    shared: World, tmp_path: Path
) -> None:
    home = shared.hands.home("jana")
    (home / "work" / "deep").mkdir(parents=True)
    (home / "work" / "deep" / "a.ipynb").write_text("{}")
    outside = tmp_path / "roots"
    outside.write_text("not jana's")
    (home / "work" / "link").symlink_to(outside)
    found = shared.hands.find_file("jana", "work/deep/a.ipynb")  # before any session: a schedule fires first
    assert found == home / "work" / "deep" / "a.ipynb"
    uid = shared.account("jana").pw_uid
    assert {one.lstat().st_uid for one in (home, *home.rglob("*"))} == {uid}
    assert home.stat().st_mode & 0o777 == 0o700
    assert outside.stat().st_uid == 0


def test_descriptors_do_not_leak(shared: World) -> None:
    home = home_of(shared, "ines")
    (home / "a").write_text("x")
    os.chown(home / "a", *(shared.account("ines").pw_uid,) * 2)
    count = lambda: len(list(Path("/proc/self/fd").iterdir()))  # noqa: E731
    before = count()
    for _ in range(5):
        shared.hands.open_file("ines", "a").close()
        with pytest.raises(OSError):  # noqa: PT011 - any
            shared.hands.open_file("ines", "b")
    assert count() == before
