"""A double of GitHub on a real socket: its OAuth pages and the three API addresses that sign-in asks.

GitHub itself cannot be reached from a test. What the double answers follows GitHub's documentation: numbers
of people, organizations, teams with their organization, links to the next page.
"""

import json
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit


class GitHubDouble:
    """`people` by number; `who` is signed in at GitHub in everybody's browser."""

    def __init__(self) -> None:
        self.people: dict[int, dict[str, Any]] = {}
        self.who = 0
        self.tokens: dict[str, int] = {}
        self.asked: list[str] = []
        self._codes: dict[str, int] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"double": self}))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.secret = secrets.token_hex(16)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def put(
        self, number: int, login: str, *, orgs: tuple[str, ...] = (), teams: tuple[str, ...] = ()
    ) -> None:
        self.people[number] = {"login": login, "orgs": orgs, "teams": teams}

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def code(self) -> str:
        made = secrets.token_hex(8)
        self._codes[made] = self.who
        return made

    def trade(self, fields: dict[str, list[str]]) -> dict[str, Any]:
        number = self._codes.pop(fields.get("code", [""])[0], None)
        if number is None or fields.get("client_secret") != [self.secret]:
            return {
                "error": "bad_verification_code",
                "error_description": "The code is wrong.",
            }
        made = "gho_" + secrets.token_hex(16)
        self.tokens[made] = number
        return {"access_token": made, "token_type": "bearer", "scope": "read:org,read:user"}


class _Handler(BaseHTTPRequestHandler):
    double: GitHubDouble

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: one[0] for name, one in parse_qs(parts.query).items()}
        self.double.asked.append(self.path)
        if parts.path == "/login/oauth/authorize":
            back = urlencode({"code": self.double.code(), "state": query["state"]})
            self._answer(302, b"", {"Location": f"{query['redirect_uri']}?{back}"})
            return
        token = self.headers.get("Authorization", "").partition(" ")[2]
        number = self.double.tokens.get(token, 0)
        person = self.double.people.get(number)
        if person is None:
            self._json({"message": "Bad credentials"}, 401)
        elif parts.path == "/api/v3/user":
            self._json({"login": person["login"], "id": number, "email": None})
        elif parts.path == "/api/v3/user/orgs":
            self._pages([{"login": one} for one in person["orgs"]], int(query.get("page", 1)))
        elif parts.path == "/api/v3/user/teams":
            split = [one.split(":") for one in person["teams"]]
            self._json([{"slug": team, "organization": {"login": org}} for org, team in split])
        else:
            self._json({"message": "Not Found"}, 404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self._json(self.double.trade(parse_qs(body)))

    def _pages(self, found: list[Any], page: int) -> None:
        """One a page, so that every further one is behind a link."""
        link = f'<{self.double.url}/api/v3/user/orgs?per_page=100&page={page + 1}>; rel="next"'
        self._json(found[page - 1 : page], headers={"Link": link} if page < len(found) else {})

    def _json(self, value: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self._answer(
            status, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})}
        )

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quiet."""
