"""Sessions: granted to the hub, visible to their user, true after whatever gets lost."""

import os
from pathlib import Path

import pytest
from notebench_spawner.workload import Workload

from tests.hub.workbench import wait_for
from tests.service.town import Town, code


def test_grant_holds_all_that_a_launch_needs(town: Town) -> None:
    body = {"user": "ana", "server": "", "image": "minimal", "profile": "small", "acting_for": "alloys"}
    grant = town.internal().post("sessions", json=body).json()
    workload = Workload.model_validate(grant["workload"])
    env = workload.env
    assert (workload.user, workload.acting_for, workload.hardware.profile) == ("ana", "alloys", "small")
    assert workload.home == town.place.homes / "ana"
    assert env["NOTEBENCH_SESSION_ID"] == grant["id"]
    assert env["NOTEBENCH_ACTING_FOR"] == "alloys"
    assert env["MLFLOW_WORKSPACE"].startswith("p-alloys-")
    assert env["MLFLOW_TRACKING_URI"] == f"{town.instance.service_url}/services/notebench/mlflow"
    assert env["NOTEBENCH_PUBLIC_URL"] == f"{town.url}services/notebench/"
    assert env["NOTEBENCH_LAYER"] == str(workload.layer)
    assert workload.secret_env["MLFLOW_TRACKING_TOKEN"] == workload.secret_env["NOTEBENCH_TOKEN"]
    assert "nbt_" not in str(env)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"image": "minimall"}, "400 image-unknown"),
        ({"image": "minimal "}, "400 image-unknown"),
        ({"profile": "tiny-weeny"}, "400 profile-unknown"),
        ({"profile": "gpu"}, "400 profile-not-for-image"),
        ({"profile": "gpu", "image": "deep-learning"}, "400 image-unavailable"),
        ({"acting_for": "alloy"}, "403 project-unknown"),
        ({"user": "nobody"}, "404 not-found"),
        ({"privileged": True}, "400 invalid"),
    ],
)
def test_what_is_not_granted(town: Town, change: dict[str, object], expected: str) -> None:
    body = {"user": "ana", "image": "minimal", "profile": "small"} | change
    answer = town.internal().post("sessions", json=body)
    assert code(answer) == expected


def test_own_sessions_only(town: Town) -> None:
    session, _ = town.grant("dan")
    assert session in [one["id"] for one in town.program("dan").get("sessions").json()]
    assert town.program("dan").get(f"sessions/{session}").json()["state"] == "starting"
    for other in ("ana", "admin"):
        assert session not in town.program(other).get("sessions").text
        assert code(town.program(other).get(f"sessions/{session}")) == "404 not-found"


def test_new_start_ends_what_was_left_of_the_old(town: Town) -> None:
    first, old = town.grant("cleo", server="lab")
    second, new = town.grant("cleo", server="lab")
    states = {one["id"]: one["state"] for one in town.program(new).get("sessions").json()}
    assert (states[first], states[second]) == ("stopped", "starting")
    assert code(town.program(old).get("me")) == "401 not-signed-in"


def test_an_ended_session_stays_ended(town: Town) -> None:
    session, _ = town.grant("cleo", server="once")
    inside = town.internal()
    assert inside.put(f"sessions/{session}", json={"state": "failed", "reason": "disk full"}).is_success
    assert inside.put(f"sessions/{session}", json={"state": "running"}).json()["state"] == "failed"
    assert code(inside.put("sessions/nothing", json={"state": "running"})) == "404 not-found"


def test_real_session_through_the_hub_and_a_lost_report(town: Town) -> None:
    """The service is away when the session ends: the record is put right when it is back."""
    ana = town.browser("ana")
    asked = ana.api("POST", "users/ana/server", json={"image": "minimal", "profile": "small"})
    assert asked.status_code in (201, 202), asked.text
    ana.wait_ready()
    session = town.program("ana").get("sessions").json()[0]
    assert (session["state"], session["image"], session["server"]) == ("running", "minimal", "")
    token = _token_of(town, session["id"])
    assert town.program(token).get("me").json()["session"] == session["id"]

    town.kill("service")
    refused = town.browser("dan").api("POST", "users/dan/server", json={"image": "minimal"})
    assert refused.status_code >= 400, "nothing new starts without the service"
    assert ana.http.get("user/ana/lab").status_code == 200, "what runs is untouched"
    assert ana.api("DELETE", "users/ana/server").status_code in (202, 204)
    wait_for(lambda: ana.server() is None, 30)
    town.start("service")
    town.wait_service()
    assert town.program("ana").get("sessions").json()[0]["id"] == session["id"]
    wait_for(lambda: town.program("ana").get("sessions").json()[0]["state"] == "stopped", 45)
    assert code(town.program(token).get("me")) == "401 not-signed-in"
    _assert_nowhere(town, token, town.tokens["ana"])


def _assert_nowhere(town: Town, *secrets: str) -> None:
    """No token lies in a log, a record or a file of ours."""
    for file in town.place.root.rglob("*"):
        if file.is_file() and file.parent.name != "secrets":
            content = file.read_bytes()
            for secret in secrets:
                assert secret.encode() not in content, file


def _token_of(town: Town, session: str) -> str:
    """The token as the session's own process sees it."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if f"NOTEBENCH_SESSION_ID={session}".encode() in words and folder.stat().st_uid == os.getuid():
            return next(w for w in words if w.startswith(b"NOTEBENCH_TOKEN=")).decode().partition("=")[2]
    raise AssertionError("no process of that session")
