"""A real OpenID provider (npm's `oidc-provider`) on loopback, and visitors who sign in there."""

import json
import re
import secrets
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
from notebench_hub.bootstrap.node import npm, on_path, packaged
from notebench_hub.supervisor import programs

from tests.hub.workbench import Workbench, answers, free_ports, wait_for

HERE = Path(__file__).parent / "provider"
CLIENT = "notebench"


def installed() -> Path:
    """The provider's folder in the environment that runs the tests, as locked: eight seconds, once."""
    folder = Path(sys.prefix) / "share" / "notebench-tests" / "openid-provider"
    folder.mkdir(parents=True, exist_ok=True)
    locked = folder / "package-lock.json"
    fresh = locked.exists() and locked.read_bytes() == (HERE / locked.name).read_bytes()
    for name in ("package.json", ".npmrc", "provider.js"):
        shutil.copyfile(HERE / name, folder / name)
    if not fresh:
        locked.write_bytes((HERE / locked.name).read_bytes())
        node = on_path() or packaged(Path(sys.prefix))
        assert node, "neither Node on PATH nor the package that brings it"
        subprocess.run([*npm(node), "ci", "--ignore-scripts"], cwd=folder, check=True, capture_output=True)
    return folder


class OpenIdProvider:
    """Runs between `start` and `stop`; `people` by subject can be changed meanwhile."""

    def __init__(self, root: Path, bench: Workbench) -> None:
        (self.port,) = free_ports(1)
        self.issuer = f"http://127.0.0.1:{self.port}"
        self.secret = secrets.token_hex(16)
        self._people, self._client = root / "people.json", root / "client.json"
        self._log = root / "provider.log"
        self.people: dict[str, dict[str, Any]] = {}
        client = {
            "client_id": CLIENT,
            "client_secret": self.secret,
            "redirect_uris": [bench.url + "hub/oauth_callback"],
            "post_logout_redirect_uris": [bench.url + "hub/login"],
            "grant_types": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_method": "client_secret_post",
        }
        self._client.write_text(json.dumps(client))
        self.write()

    def write(self) -> None:
        self._people.write_text(json.dumps(self.people))

    def put(self, subject: str, name: str, *groups: str, **more: Any) -> None:
        """Make or change a person; `groups` are those at the provider."""
        self.people[subject] = {"preferred_username": name, "groups": list(groups), **more}
        self.write()

    def disable(self, subject: str) -> None:
        del self.people[subject]
        self.write()

    def start(self) -> None:
        words = [str(programs.node()), "provider.js", str(self.port), str(self._people), str(self._client)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(words, cwd=installed(), stdout=log, stderr=log)
        well_known = self.issuer + "/.well-known/openid-configuration"
        wait_for(lambda: answers(well_known), 30, self._log.read_text)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)


class Visitor:
    """Somebody with a cookie jar who fills in what forms they meet, without scripts."""

    def __init__(self, bench: Workbench, language: str = "en") -> None:
        self.bench = bench
        self.http = httpx.Client(
            base_url=bench.url, follow_redirects=True, timeout=30, headers={"Accept-Language": language}
        )

    def sign_in(self, word: str, address: str = "hub/oauth_login") -> httpx.Response:
        """From the button on our page to wherever it ends."""
        page = self.http.get(address)
        for _ in range(4):
            form = re.search(r'<form[^>]*action="([^"]+)"', page.text)
            if "/interaction/" not in str(page.url) or not form:
                break
            hidden = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.text))
            fields = {**hidden, "login": word, "password": "any"}
            page = self.http.post(urljoin(str(page.url), unescape(form.group(1))), data=fields)
        return page

    def xsrf(self) -> str:
        return str(self.http.cookies.get("_xsrf", path="/hub/"))

    def api(self, method: str, path: str, **rest: Any) -> httpx.Response:
        headers = {"X-XSRFToken": self.xsrf(), "Referer": self.bench.url + "hub/home"}
        return self.http.request(method, f"hub/api/{path}", headers=headers, **rest)

    def me(self) -> dict[str, Any] | None:
        answer = self.api("GET", "user")
        return answer.json() if answer.is_success else None
