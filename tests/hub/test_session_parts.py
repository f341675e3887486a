"""The small parts of a session's start, without a hub."""

import asyncio
import os
from pathlib import Path

import pytest
from notebench.contract.errors import Refused
from notebench_spawner.hands import make_private, runtime_directory
from notebench_spawner.sessions.choice import session_request
from notebench_spawner.sessions.homes import prepare_home
from notebench_spawner.sessions.jupyter import server_command
from notebench_spawner.sessions.phases import News, Step

SOCKET_LIMIT = 107


async def test_news_reach_every_reader_from_the_beginning() -> None:
    news = News()
    news.tell(Step.choice, "one")
    early = asyncio.create_task(collect(news, 3))
    await asyncio.sleep(0)
    news.tell(Step.environment, "two", 0.5)
    late = asyncio.create_task(collect(news, 3))
    news.tell(Step.environment, "three", 0.2)
    for reader in (early, late):
        events = await asyncio.wait_for(reader, 5)
        assert [event["message"] for event in events] == ["one", "two", "three"]
        percents = [event["progress"] for event in events]
        assert percents == sorted(percents)


async def collect(news: News, count: int) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    async for event in news.follow():
        found.append(event)
        if len(found) == count:
            break
    return found


async def test_the_same_news_is_said_once_and_never_above_its_step() -> None:
    news = News()
    for fraction in (0.1, 0.1, 7.0, -1.0):
        news.tell(Step.server, "starting", fraction)
    events = await collect(news, 2)
    assert events[-1]["progress"] == 98


def test_a_home_gets_the_tour_once(tmp_path: Path) -> None:
    tour = tmp_path / "tour"
    (tour / "data").mkdir(parents=True)
    (tour / "first.ipynb").write_text("{}")
    (tour / ".ipynb_checkpoints").mkdir()
    home = tmp_path / "homes" / "ada"
    prepare_home(home, tour)
    assert home.stat().st_mode & 0o777 == 0o700
    assert (home / "tour" / "first.ipynb").exists()
    assert not (home / "tour" / ".ipynb_checkpoints").exists()
    (home / "tour" / "first.ipynb").write_text("mine")
    prepare_home(home, tour)
    assert (home / "tour" / "first.ipynb").read_text() == "mine"
    (home / "tour").rename(home / "elsewhere")
    prepare_home(home, tour)
    assert not (home / "tour").exists()


def test_a_folder_of_that_name_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "tour").mkdir()
    (tmp_path / "home" / "tour").mkdir(parents=True)
    prepare_home(tmp_path / "home", tmp_path / "tour")
    assert not list((tmp_path / "home" / "tour").iterdir())


@pytest.mark.parametrize("sockets", ["/run/nb", "/home/" + "x" * 60, "/home/" + "x" * 90])
def test_sockets_have_names_that_fit(sockets: str) -> None:
    found = runtime_directory(Path(sockets), Path("/tmp"), "session-0123456789abcdef")
    name = "/kernel-00000000-0000-0000-0000-000000000000-ipc-5"
    assert len(str(found) + name) <= SOCKET_LIMIT
    other = runtime_directory(Path(sockets), Path("/tmp"), "session-0123456789abcdee")
    assert found != other
    with pytest.raises(ValueError, match="without a name"):
        runtime_directory(Path(sockets), Path("/tmp"), "")


def test_a_directory_that_was_put_there_is_refused(tmp_path: Path) -> None:
    make_private(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
    (tmp_path / "link").symlink_to(tmp_path / "a")
    with pytest.raises(Refused):
        make_private(tmp_path / "link")
    if os.geteuid() == 0:
        (tmp_path / "theirs").mkdir()
        os.chown(tmp_path / "theirs", 65534, 65534)
        with pytest.raises(Refused):
            make_private(tmp_path / "theirs" / "mine")


def test_root_is_allowed_for_root_only() -> None:
    assert "--allow-root" in server_command([], root=True)
    assert "--allow-root" not in server_command([], root=False)
    assert "--KernelManager.transport=ipc" in server_command([], root=False)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"imgae": "x"}, "A server has no option 'imgae'. Did you mean 'image'?"),
        ({"acting-for": "x"}, "A server has no option 'acting-for'. Did you mean 'acting_for'?"),
        ({"cpu_limit": 64}, "A server has no option 'cpu_limit'. Give `image`, `profile` and `acting_for`"),
        ({"user": "ben"}, "A server has no option 'user'. Give"),
        ({"q" * 10_000: 1}, f"A server has no option '{'q' * 80}'. Give"),
        ({"profile": ["small"]}, "cannot be started with the option 'profile' as it was given. Give"),
    ],
)
def test_options_that_are_none(options: dict[str, object], said: str) -> None:
    with pytest.raises(Refused) as caught:
        session_request("ada", "", options)
    assert said in str(caught.value)


def test_options_that_are_left_out_mean_the_last_ones() -> None:
    request = session_request("ada", "two", {"acting_for": "alloys"})
    assert request.model_dump() == {
        "user": "ada",
        "server": "two",
        "image": "",
        "profile": "",
        "acting_for": "alloys",
    }
