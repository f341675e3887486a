"""Names of directories and workspaces: unique, safe, readable."""

import re

from hypothesis import given
from hypothesis import strategies as st
from notebench_hub.service.names import workspace_name
from notebench_spawner.names import folder_name

anything = st.text(min_size=1, max_size=255)


@given(anything)
def test_folder_is_one_safe_word(name: str) -> None:
    folder = folder_name(name)
    assert re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,62}", folder)
    assert ".." not in folder


@given(anything, anything)
def test_folders_never_meet(one: str, other: str) -> None:
    assert one == other or folder_name(one) != folder_name(other)


@given(anything)
def test_a_folder_cannot_be_claimed_by_its_name(name: str) -> None:
    assert folder_name(name) == name or folder_name(folder_name(name)) != folder_name(name)


@given(anything, anything)
def test_workspaces_are_dns_words(user: str, project: str) -> None:
    for acting_for in ("personal", project):
        assert re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", workspace_name(user, acting_for))


def test_readable() -> None:
    assert folder_name("ana") == "ana"
    assert folder_name("Ana María").startswith("ana-mar-a-")
    assert workspace_name("ana", "personal").startswith("u-ana-")
    assert workspace_name("ana", "alloys") == workspace_name("ben", "alloys")
