"""A town for tests: the real proxy, the real hub and the real service, with some people and a project."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import httpx
from notebench.contract import API_PREFIX, SERVICE_PREFIX
from notebench_hub.hub.accounts import new_token, put_account
from notebench_hub.settings import Settings
from notebench_hub.shipped import catalogue_file
from notebench_spawner import processes
from notebench_spawner.catalogue.load import load
from notebench_spawner.catalogue.resolve import image_version

from tests import leaks
from tests.hub.workbench import Person, Workbench, stand_in_environment, wait_for
from tests.installation import state_warm

PEOPLE = ("ana", "ben", "cleo", "dan")
"""ana and ben are editors of the project `alloys`, cleo looks at it, dan is outside."""


class Town(Workbench):
    """Everything but MLflow; ended by `close`."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        state_warm(self.place.root)  # what waits shows others nothing of what it is given later
        self.environ["NOTEBENCH_STATE_DIR"] = str(self.place.root)
        self.environments = root / "environments"
        catalogue = load(catalogue_file(Settings()))
        for image in catalogue.document.images:
            version = image.current()
            assert version
            resolved = image_version(catalogue, image, version, embedded=True)
            target = self.environments / resolved.identity
            stand_in_environment(target)
            (target / "manifest.json").write_text(json.dumps({"base_python": sys.executable}))

    def open(self) -> None:
        self.start("proxy")
        self.start("hub")
        self.start("service")
        self.wait_hub()
        self.wait_service()
        self.passwords = {name: put_account(self.place, name) for name in PEOPLE}
        self.passwords["admin"] = self.admin_password()
        for name, password in self.passwords.items():
            leaks.note(f"password of {name}", password)
        self.tokens = {name: self.new_token(name) for name in (*PEOPLE, "admin")}
        self.set_project("alloys", {"ana": "editor", "ben": "editor", "cleo": "viewer"})

    def _end(self) -> None:
        for process in reversed(self.running.values()):
            process.terminate()
            process.wait(30)
        processes.end_all(self.place.workloads, grace=3)
        if self.place.sockets.is_relative_to("/tmp"):
            shutil.rmtree(self.place.sockets, ignore_errors=True)

    def wait_service(self, seconds: float = 90) -> None:
        def look() -> bool:
            try:
                answer = httpx.get(self.instance.service_url + SERVICE_PREFIX + "health", timeout=5)
            except httpx.HTTPError:
                return False
            return bool(answer.json()["parts"]["hub"]["healthy"])

        wait_for(look, seconds, lambda: (self.place.logs / "service.log").read_text()[-3000:])

    def new_token(self, name: str) -> str:
        token = new_token(self.place, name, note="test")
        leaks.note(f"token of {name}", token)
        return token

    def hub_api(self, method: str, path: str, **rest: Any) -> httpx.Response:
        """The hub's REST API as its admin."""
        headers = {"Authorization": f"token {self.tokens['admin']}"}
        return httpx.request(
            method, f"{self.instance.hub_api_url}/{path}", headers=headers, timeout=30, **rest
        )

    def set_group(self, name: str, users: list[str]) -> None:
        self.hub_api("POST", f"groups/{name}")
        group = self.hub_api("GET", f"groups/{name}").json()
        self.hub_api("DELETE", f"groups/{name}/users", json={"users": group["users"]})
        self.hub_api("POST", f"groups/{name}/users", json={"users": users}).raise_for_status()

    def set_project(self, name: str, roles: dict[str, str]) -> None:
        self.set_group(name, list(roles))
        members = [{"user": user, "role": role} for user, role in roles.items()]
        self.program("admin").put(f"projects/{name}", json={"members": members}).raise_for_status()

    def program(self, who: str, acting_for: str = "", **headers: str) -> httpx.Client:
        """A program that asks the API through the proxy: `who` is a person, or a token."""
        token = self.tokens.get(who, who)
        given = {"Authorization": f"Bearer {token}"} if token else {}
        given |= {"Notebench-Acting-For": acting_for} if acting_for else {}
        return httpx.Client(
            base_url=self.url.rstrip("/") + API_PREFIX, headers={**given, **headers}, timeout=30
        )

    def internal(self) -> httpx.Client:
        """The hub, asking the service."""
        return httpx.Client(
            base_url=self.instance.service_url + SERVICE_PREFIX + "internal",
            headers={"Authorization": f"Bearer {self.place.secret('hub-service-key')}"},
            timeout=30,
        )

    def browser(self, name: str, language: str = "en") -> Person:
        """Somebody logged in at the hub."""
        return Person(self, name, self.passwords[name], language)

    def grant(self, user: str, acting_for: str = "personal", **more: str) -> tuple[str, str]:
        """A session as the hub asks for it: its id and its token."""
        body = {"user": user, "image": "minimal", "profile": "small", "acting_for": acting_for, **more}
        answer = self.internal().post("sessions", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()["id"], answer.json()["workload"]["secret_env"]["NOTEBENCH_TOKEN"]


def code(answer: httpx.Response) -> str:
    """Status and code of a refusal, in one word that reads well in an assertion."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return f"{answer.status_code} {answer.json()['code']}"
