"""A session in a full home, through the real hub: it starts, writes nothing there, and finds its way back."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import nbformat
import pytest

from tests.hub.workbench import Person, Workbench, wait_for, workbench

from .small import everything, fill, small_disk


@pytest.fixture
def bench() -> Iterator[Workbench]:
    with tempfile.TemporaryDirectory(prefix="nbh") as root, workbench(Path(root)) as opened:
        yield opened


def ask(person: Person, server: dict[str, Any], method: str, path: str, **more: Any) -> httpx.Response:
    """A question of JupyterLab's to its own server."""
    url = server["url"]
    headers = {
        "X-XSRFToken": str(person.http.cookies.get("_xsrf", path=url)),
        "Referer": person.bench.url.rstrip("/") + url,
    }
    return person.http.request(method, url + path, headers=headers | more.pop("headers", {}), **more)


def started(person: Person, server: dict[str, Any]) -> str:
    answer = ask(person, server, "GET", "api/status")
    return str(answer.json()["started"]) if answer.is_success else ""


def notebook(source: str) -> dict[str, Any]:
    content = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    return {"type": "notebook", "format": "json", "content": content}


@pytest.mark.parametrize("leave", [0, 1_000_000])
def test_a_full_home_starts_in_the_safe_mode_and_comes_out_of_it(bench: Workbench, leave: int) -> None:
    home = bench.place.homes / "admin"
    person = Person(bench, "admin", bench.admin_password())
    with small_disk(home, 24):
        old = nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")]))
        (home / "mine.ipynb").write_text(old)
        size = fill(home, leave)
        before = everything(home)
        answer = person.api("POST", "users/admin/server", json={"image": "minimal", "profile": "small"})
        assert answer.status_code in (201, 202), answer.text
        server = person.wait_ready()
        assert person.http.get(server["url"] + "lab").status_code == 200  # signs in there
        state = ask(person, server, "GET", "notebench/home").json()
        assert (state["level"], state["safe"]) == ("full", True)
        assert state["free"] <= leave + 65_536
        # What people do first: a kernel that runs something, settings, the layout, saving.
        made = ask(person, server, "POST", "api/kernels", json={"name": "python3"})
        assert made.status_code == 201, made.text
        setting = "lab/api/settings/@jupyterlab/apputils-extension:themes"
        assert ask(person, server, "PUT", setting, json={"raw": '{"theme": "JupyterLab Dark"}'}).is_success
        layout = {"metadata": {"id": "default"}, "data": {}}
        assert ask(person, server, "PUT", "lab/api/workspaces/default", json=layout).is_success
        failed = ask(person, server, "PUT", "api/contents/mine.ipynb", json=notebook("x" * (leave + 200_000)))
        assert failed.status_code == 507, failed.text
        assert "Your home is full: mine.ipynb was not saved" in failed.json()["message"]
        assert everything(home) == before, "a start writes nothing into a full home"
        largest = ask(person, server, "GET", "notebench/home/largest").json()
        assert (largest["files"][0]["path"], largest["complete"]) == ("big.bin", True)
        assert largest["files"][0]["size"] >= size
        still = ask(person, server, "POST", "notebench/home/restart")
        assert (still.status_code, still.json()["code"]) == (409, "home-full")
        gone = ask(person, server, "POST", "notebench/home/remove", json={"paths": ["big.bin"]})
        assert gone.json() == {"removed": ["big.bin"], "failed": []}
        assert ask(person, server, "GET", "notebench/home").json()["level"] == "ok"
        first = started(person, server)
        runtime = list(bench.place.sockets.glob("*/safe-*"))
        assert runtime
        assert ask(person, server, "POST", "notebench/home/restart").status_code == 200
        wait_for(lambda: started(person, server) not in ("", first), 60, bench.log)
        assert ask(person, server, "GET", "notebench/home").json()["safe"] is False
        assert ask(person, server, "PUT", "api/contents/mine.ipynb", json=notebook("2")).is_success
        assert "2" in (home / "mine.ipynb").read_text()
        assert person.server() == person.server()
        assert ask(person, server, "PUT", setting, json={"raw": '{"theme": "JupyterLab Dark"}'}).is_success
        assert list(home.glob(".jupyter/lab/user-settings/**/*.jupyterlab-settings"))
        person.api("DELETE", "users/admin/server")
        wait_for(lambda: not person.server(), 30, bench.log)
        wait_for(lambda: not list(bench.place.sockets.glob("*/safe-*")), 10)
        assert os.path.ismount(home)
