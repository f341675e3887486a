"""A real hub behind a real proxy, with the Notebench service stood in for, in a directory of its own."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
from notebench_hub.place import VARIABLE, Instance, Place
from notebench_hub.supervisor.embedded import parts
from notebench_spawner import processes

from tests import leaks

from .standin import IDENTITY, StandIn


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        opened = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in opened:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in opened]


def stand_in_environment(target: Path) -> None:
    """An image environment made of the one that runs the tests."""
    target.mkdir(parents=True)
    for entry in ("bin", "lib", "share", "etc", "pyvenv.cfg"):
        if (source := Path(sys.prefix) / entry).exists():
            (target / entry).symlink_to(source)
    (target / "manifest.json").write_text("{}")


class Workbench:
    """Proxy and hub as the supervisor starts them; ended by `close`."""

    def __init__(self, root: Path, *, stand_in: bool = True) -> None:
        self.stand_in = stand_in
        self.place = Place(root / "state")
        self.place.create()
        port, api, hub, service = free_ports(4)
        self.instance = Instance(
            version="0",
            state_format=1,
            ip="127.0.0.1",
            port=port,
            proxy_api_port=api,
            hub_port=hub,
            service_port=service,
        )
        self.place.instance_file.write_text(self.instance.model_dump_json())
        environments = root / "environments" if stand_in else self.place.environments
        if stand_in:
            stand_in_environment(environments / IDENTITY)
        self.environ = {VARIABLE: str(self.place.root), "NOTEBENCH_ENVIRONMENTS_DIR": str(environments)}
        self.service = StandIn(service, self.place.secret("hub-service-key"), self.place.homes)
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        return self.instance.public_url

    def start(self, name: str) -> None:
        part = next(part for part in parts(self.place, self.instance) if part.name == name)
        with (self.place.logs / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                part.command, env={**part.env, **self.environ}, cwd=part.cwd, stdout=log, stderr=log
            )

    def wait_hub(self, seconds: float = 150) -> None:
        wait_for(lambda: answers(self.url + "hub/api/"), seconds, self.log)

    def open(self) -> None:
        if self.stand_in:
            self.service.on()
        else:
            self.start("service")
        self.start("proxy")
        self.start("hub")
        self.wait_hub()
        health = self.instance.service_url + "/services/notebench/health"
        wait_for(lambda: answers(health), 60, self.log)

    def kill(self, name: str) -> None:
        self.running[name].send_signal(signal.SIGKILL)
        self.running[name].wait()

    def log(self) -> str:
        return (self.place.logs / "hub.log").read_text()[-3000:]

    def close(self) -> None:
        """End everything; what it leaves is searched for secrets."""
        with leaks.searched(self.place.root):
            self._end()

    def _end(self) -> None:
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
        processes.end_all(self.place.workloads, grace=3)
        self.service.off()

    def admin_password(self) -> str:
        return self.place.secret("admin-password")

    def record(self, session: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.place.workloads / session / "handle.json").read_text())
        return found


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.HTTPError:
        return False


def wait_for(look: Callable[[], bool], seconds: float, say: Callable[[], str] = str) -> None:
    until = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < until, say()
        time.sleep(0.2)


class Person:
    """Somebody at the hub with a cookie jar, as a browser without scripts."""

    def __init__(
        self,
        bench: Workbench,
        name: str,
        password: str,
        language: str = "en",
        *,
        come_from: str = "127.0.0.1",
    ) -> None:
        self.bench, self.name = bench, name
        self.http = httpx.Client(
            base_url=bench.url,
            follow_redirects=True,
            timeout=60,
            headers={"Accept-Language": language},
            transport=httpx.HTTPTransport(local_address=come_from),
        )
        self.answer = self.login(password)

    def xsrf(self) -> str:
        return str(self.http.cookies.get("_xsrf", path="/hub/"))

    def login(self, password: str) -> httpx.Response:
        self.http.get("hub/login")
        form = {"username": self.name, "password": password, "_xsrf": self.xsrf()}
        return self.http.post("hub/login", data=form)

    def api(self, method: str, path: str, **rest: Any) -> httpx.Response:
        headers = {"X-XSRFToken": self.xsrf(), "Referer": self.bench.url + "hub/home"}
        return self.http.request(method, f"hub/api/{path}", headers=headers, **rest)

    def server(self, name: str = "") -> dict[str, Any] | None:
        found: dict[str, Any] = self.api("GET", f"users/{self.name}").json()
        return found["servers"].get(name)

    def wait_ready(self, name: str = "", seconds: float = 180) -> dict[str, Any]:
        wait_for(lambda: bool((self.server(name) or {}).get("ready")), seconds, self.bench.log)
        server = self.server(name)
        assert server
        return server


@contextmanager
def workbench(root: Path) -> Iterator[Workbench]:
    bench = Workbench(root)
    try:
        bench.open()
        yield bench
    finally:
        bench.close()
