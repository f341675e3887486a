"""Who reads what in the audit: what they did, what was done to them and to theirs, and their projects'."""

import json

from tests.service.town import Town

from .conftest import Audit


def told(town: Town, number: int, **facts: str) -> None:
    event = {"event": f"reading-{number:04d}", "moment": f"2026-10-0{1 + number % 9}T08:00:00Z", **facts}
    town.internal().post("audit", json={"events": [{"action": "login", **event}]}).raise_for_status()


def things(audit: Audit, who: str, **wanted: str) -> set[str]:
    return {one["thing"] for one in audit.find(who, **wanted) if one["thing"].startswith("r-")}


def test_everybody_reads_what_concerns_them(town: Town, audit: Audit) -> None:
    told(town, 1, user="ana", concerns="ana", thing="r-own", origin="192.0.2.1")
    told(town, 2, user="admin", concerns="ana", thing="r-done-to-ana", origin="192.0.2.2")
    told(town, 3, user="ben", concerns="ben", acting_for="alloys", thing="r-alloys", origin="192.0.2.3")
    told(town, 4, user="dan", concerns="dan", thing="r-dan", origin="192.0.2.4")
    told(town, 5, user="", concerns="*", thing="r-all")
    assert things(audit, "ana") == {"r-own", "r-done-to-ana", "r-alloys", "r-all"}
    assert things(audit, "cleo") == {"r-alloys", "r-all"}
    assert things(audit, "dan") == {"r-dan", "r-all"}
    assert things(audit, "admin") == {"r-own", "r-done-to-ana", "r-alloys", "r-dan", "r-all"}
    origins = {one["thing"]: one["origin"] for one in audit.find("ana")}
    assert origins["r-own"] == "192.0.2.1"
    assert origins["r-done-to-ana"] == "192.0.2.2"
    assert origins["r-alloys"] == "", "where others work from is not a project's business"
    assert town.program("ana").get("audit", params={"who": "dan"}).json()["entries"] == []


def test_who_left_a_project_reads_it_no_more(town: Town, audit: Audit) -> None:
    town.set_project("brass", {"dan": "viewer"})
    told(town, 11, user="ben", concerns="ben", acting_for="brass", thing="r-brass")
    assert "r-brass" in things(audit, "dan", project="brass")
    town.set_project("brass", {"ben": "owner"})
    from tests.hub.workbench import wait_for

    wait_for(lambda: "r-brass" not in things(audit, "dan"), 12)


def test_a_session_reads_only_what_it_acts_for(town: Town) -> None:
    told(town, 21, user="ben", concerns="ben", acting_for="alloys", thing="r-of-alloys")
    for acting_for, seen in (("personal", False), ("alloys", True)):
        _, token = town.grant("ana", acting_for)
        assert ("r-of-alloys" in town.program(token).get("audit").text) is seen


def test_filters_pages_and_export(town: Town, audit: Audit) -> None:
    for number in range(30, 39):
        told(town, number, user="eve", concerns="eve", thing=f"t-{number % 3}", action="logout")
    found = audit.find(who="eve")
    assert [one["moment"] for one in found] == sorted((one["moment"] for one in found), reverse=True)
    assert len(audit.find(who="eve", thing="t-1")) == 3
    assert len(audit.find(who="eve", since="2026-10-05T00:00:00Z")) == 5
    assert len(audit.find(who="eve", until="2026-10-05T00:00:00Z")) == 4
    assert audit.find(who="eve", what="login") == []
    seen, cursor = [], ""
    while True:
        asked = {"who": "eve", "limit": 2, "cursor": cursor}
        page = town.program("admin").get("audit", params=asked).json()
        seen += [one["number"] for one in page["entries"]]
        cursor = page["next"]
        if not cursor:
            break
    assert seen == [one["number"] for one in found]
    lines = town.program("admin").get("audit/export", params={"who": "eve"}).text.splitlines()
    assert [json.loads(line)["number"] for line in lines] == seen
    assert town.program("dan").get("audit/export", params={"who": "eve"}).text == ""


def test_in_the_readers_language(town: Town) -> None:
    told(town, 41, user="ana", concerns="ana", thing="r-language")
    german = town.program("ana", **{"Accept-Language": "de"}).get("audit", params={"thing": "r-language"})
    assert german.json()["entries"][0]["words"] == "hat sich angemeldet"


def test_what_cannot_be_asked(town: Town) -> None:
    for wrong in (
        {"limit": "0"},
        {"limit": "501"},
        {"since": "yesterday"},
        {"since": "0.0"},
        {"who": "x" * 401},
    ):
        assert town.program("ana").get("audit", params=wrong).status_code == 400
    for cursor in ("x", "-1", "999999999999999", "٣"):
        assert town.program("ana").get("audit", params={"cursor": cursor}).status_code == 200
