"""Projects: hub groups marked as one, with roles."""

import pytest

from tests.service.town import Town, code


def test_members_with_their_roles(town: Town) -> None:
    project = next(one for one in town.program("ana").get("projects").json() if one["name"] == "alloys")
    assert {one["user"]: one["role"] for one in project["members"]} == {
        "ana": "editor",
        "ben": "editor",
        "cleo": "viewer",
    }
    assert "alloys" not in town.program("dan").get("projects").text


def test_member_without_a_set_role_is_an_editor(town: Town) -> None:
    town.set_group("bronze", ["ana", "dan"])
    put = town.program("admin").put("projects/bronze", json={"members": [{"user": "ana", "role": "owner"}]})
    assert put.json()["members"] == [{"user": "ana", "role": "owner"}, {"user": "dan", "role": "editor"}]


def test_other_groups_share_nothing(town: Town) -> None:
    town.set_group("gpu-users", ["ana", "dan"])
    assert code(town.program("ana", "gpu-users").get("me")) == "403 project-unknown"


def test_who_may_change_roles(town: Town) -> None:
    town.set_project("copper", {"ana": "owner", "ben": "editor"})
    body = {"members": [{"user": "ana", "role": "owner"}, {"user": "ben", "role": "viewer"}]}
    assert code(town.program("ben").put("projects/copper", json=body)) == "403 owner-only"
    assert code(town.program("dan").put("projects/copper", json=body)) == "404 not-found"
    assert code(town.program("dan").put("projects/no-such", json=body)) == "404 not-found"
    assert town.program("ana").put("projects/copper", json=body).status_code == 200
    assert town.program("ben", "copper").get("me").json()["role"] == "viewer"


def test_session_changes_roles_only_in_its_own_project(town: Town) -> None:
    town.set_project("tin", {"ana": "owner"})
    _, personal = town.grant("ana")
    _, bound = town.grant("ana", "tin", server="second")
    body = {"members": [{"user": "ana", "role": "owner"}]}
    assert code(town.program(personal).put("projects/tin", json=body)) == "403 owner-only"
    assert town.program(bound).put("projects/tin", json=body).status_code == 200


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        ("no-such-group", {"members": []}, "404 group-unknown"),
        ("personal", {"members": []}, "400 project-name"),
        ("Not-A-Name", {"members": []}, "400 project-name"),
        ("alloys", {"members": [{"user": "dan"}]}, "400 member-unknown"),
        ("alloys", {"members": [{"user": "ana"}, {"user": "ana"}]}, "400 member-twice"),
        ("alloys", {"members": [{"user": "ana", "role": "king"}]}, "400 invalid"),
        ("alloys", {"member": []}, "400 invalid"),
        ("alloys", [], "400 invalid"),
    ],
)
def test_what_is_refused(town: Town, name: str, body: object, expected: str) -> None:
    assert code(town.program("admin").put(f"projects/{name}", json=body)) == expected
