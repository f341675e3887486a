"""The real four parts under the real supervisor: accounts, projects, tokens, kills, restarts."""

import json
import os
import signal
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from notebench_hub.supervisor import records

from tests import leaks

from .conftest import CommandLine

PARTS = ("proxy", "hub", "mlflow", "service")


@pytest.fixture(scope="module")
def workbench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    line = CommandLine(tmp_path_factory.mktemp("nb") / "state")
    line.must("up", "--detach", "--port", "0")
    yield line
    with leaks.searched(line.place.root):
        line("down", "--yes")


def until(true: Callable[[], object], seconds: float = 30) -> float:
    """Seconds until it is true."""
    begin = time.monotonic()
    while not true():
        assert time.monotonic() - begin < seconds, "it did not happen in time"
        time.sleep(0.1)
    return time.monotonic() - begin


def url(workbench: CommandLine) -> str:
    return workbench.place.instance().public_url


def get(workbench: CommandLine, path: str, token: str = "") -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.get(url(workbench) + path, headers=headers, trust_env=False, timeout=20)


def login(workbench: CommandLine, name: str, password: str) -> bool:
    with httpx.Client(base_url=url(workbench), trust_env=False, timeout=20) as client:
        client.get("hub/login")
        form = {"username": name, "password": password, "_xsrf": client.cookies["_xsrf"]}
        return client.post("hub/login", data=form).status_code == 302


def test_all_four_answer(workbench: CommandLine) -> None:
    parts = workbench.parts()
    assert tuple(parts) == PARTS
    assert all(part["healthy"] and part["pid"] and part["version"] for part in parts.values())
    assert get(workbench, "hub/login").status_code == 200
    assert get(workbench, "services/notebench/health").json()["healthy"] is True


def test_the_admin_logs_in_with_the_generated_password(workbench: CommandLine) -> None:
    file = workbench.place.root / "secrets" / "admin-password"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert login(workbench, "admin", file.read_text().strip())
    assert not login(workbench, "admin", "admin")


def test_an_account_has_a_generated_password_in_a_private_file(workbench: CommandLine) -> None:
    done = workbench("user", "add", "Anna")
    file = Path(done.stdout.strip())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    password = file.read_text().strip()
    assert len(password) >= 12
    assert password not in done.stdout + done.stderr
    assert login(workbench, "anna", password)
    again = workbench("user", "add", "anna")
    assert again.returncode == 0
    assert again.stdout == ""
    assert login(workbench, "anna", password)


def test_an_account_with_a_given_password(workbench: CommandLine) -> None:
    assert workbench("user", "add", "bela", "--password-stdin", stdin="short\n").returncode == 3
    workbench.must("user", "add", "bela", "--password-stdin", stdin="correct horse\n")
    assert login(workbench, "bela", "correct horse")


def test_a_token_opens_the_api_for_its_user_only(workbench: CommandLine) -> None:
    workbench.must("user", "add", "anna")
    printed = workbench.must("token", "anna")
    token = printed.strip()
    assert printed == token + "\n"
    me = get(workbench, "services/notebench/api/v1/me", token).json()
    assert (me["name"], me["admin"]) == ("anna", False)
    assert get(workbench, "hub/api/users", token).status_code == 403
    made = httpx.post(
        url(workbench) + "hub/api/users/anna/tokens",
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
    )
    assert made.status_code in {403, 404}  # a token for programs makes no tokens
    assert workbench("token", "nobody").returncode == 3


def test_an_admin_is_made(workbench: CommandLine) -> None:
    workbench.must("user", "add", "carla", "--admin")
    workbench.must("user", "add", "dora")
    workbench.must("user", "add", "dora", "--admin")
    for name in ("carla", "dora"):
        file = workbench.place.root / "secrets" / "first-passwords" / name
        assert login(workbench, name, file.read_text().strip())
        token = workbench.must("token", name).strip()
        assert get(workbench, "services/notebench/api/v1/me", token).json()["admin"] is True


def test_a_project_has_members_with_roles(workbench: CommandLine) -> None:
    for name in ("anna", "bela"):
        workbench.must("user", "add", name)
    workbench.must("project", "add", "churn", "--member", "anna:owner", "--member", "bela")
    workbench.must("project", "add", "churn", "--member", "bela:viewer")
    token = workbench.must("token", "bela").strip()
    me = get(workbench, "services/notebench/api/v1/me", token).json()
    assert {"project": "churn", "role": "viewer"} in me["projects"]
    anna = get(workbench, "services/notebench/api/v1/me", workbench.must("token", "anna").strip()).json()
    assert {"project": "churn", "role": "owner"} in anna["projects"]
    nobody = workbench("project", "add", "churn", "--member", "nobody")
    assert nobody.returncode == 3
    assert "nobody" in nobody.stderr


@pytest.mark.parametrize("name", PARTS)
def test_a_killed_part_comes_back_with_its_data(workbench: CommandLine, name: str) -> None:
    workbench.must("user", "add", "anna")
    token = workbench.must("token", "anna").strip()
    before = records.read(workbench.place)
    os.kill(before[name].pid, signal.SIGKILL)
    until(lambda: (part := workbench.parts()[name])["healthy"] and part["pid"] != before[name].pid)
    until(lambda: get(workbench, "services/notebench/api/v1/me", token).status_code == 200, 10)
    after = records.read(workbench.place)
    assert all(after[other] == before[other] for other in PARTS if other != name)


def test_routes_are_back_soon_after_a_proxy_is_killed(workbench: CommandLine) -> None:
    workbench.must("user", "add", "anna")
    token = workbench.must("token", "anna").strip()
    os.kill(records.read(workbench.place)["proxy"].pid, signal.SIGKILL)

    def answers() -> bool:
        try:
            return get(workbench, "services/notebench/api/v1/me", token).status_code == 200
        except httpx.HTTPError:
            return False

    assert until(answers) < 5


def test_restarting_all_keeps_the_address_and_the_data(workbench: CommandLine) -> None:
    before = workbench.place.instance()
    workbench.must("user", "add", "anna")
    workbench.must("restart")
    assert workbench.place.instance() == before
    token = workbench.must("token", "anna").strip()
    assert get(workbench, "services/notebench/api/v1/me", token).status_code == 200


def test_the_product_verbs_find_this_installation(workbench: CommandLine) -> None:
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "notebench.cli", "runs", "--json"],
        env=workbench.env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    json.loads(done.stdout)


def test_everything_killed_then_up(workbench: CommandLine) -> None:
    workbench.must("user", "add", "anna")
    instance = workbench.place.instance()
    known = records.read(workbench.place)
    for name in (records.SUPERVISOR, *PARTS):
        os.kill(known[name].pid, signal.SIGKILL)
    until(lambda: not any(identity.alive() for identity in known.values()))
    workbench.must("up", "--detach")
    assert workbench.place.instance() == instance
    token = workbench.must("token", "anna").strip()
    me = get(workbench, "services/notebench/api/v1/me", token).json()
    assert me["name"] == "anna"


def test_down_ends_all_of_it(workbench: CommandLine) -> None:
    known = records.read(workbench.place)
    members = [member for identity in known.values() for member in identity.group()]
    workbench.must("down", "--yes")
    assert not any(identity.alive() for identity in known.values())
    _gone, alive = psutil.wait_procs(members, timeout=5)
    assert [one for one in alive if one.status() != psutil.STATUS_ZOMBIE] == []
