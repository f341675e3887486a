"""Sessions: listed by the service, started and stopped through the hub with the asker's own token."""

from typing import Any
from urllib.parse import quote

from notebench.client.transport import Transport
from notebench.contract.errors import NotAllowed, NotFound, NotSignedIn, Refused
from notebench.contract.people import Me
from notebench.contract.sessions import Session


class Sessions:
    """`/sessions`, and the hub's `/users/{name}/servers/{server}`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> list[Session]:
        """The asker's sessions, newest first."""
        return self._transport.get(list[Session], "/sessions")

    def start(self, server: str = "", **choice: str) -> None:
        """Start a server with `image`, `profile` and `acting_for`; returns while it starts."""
        self._hub("POST", server, {key: value for key, value in choice.items() if value})

    def stop(self, server: str = "") -> None:
        """Stop a server; returns while it stops."""
        self._hub("DELETE", server, None)

    def server(self, server: str = "") -> dict[str, Any]:
        """The hub's view of a server: `ready`, `pending`, `url`; empty where it does not run."""
        user = self._transport.get(Me, "/me").name
        answer = self._transport.raw("GET", f"{self._base()}users/{quote(user, safe='')}")
        found = answer.json().get("servers", {}).get(server, {})
        return dict(found)

    def _hub(self, method: str, server: str, body: dict[str, str] | None) -> None:
        user = self._transport.get(Me, "/me").name
        route = f"servers/{quote(server, safe='')}" if server else "server"
        url = f"{self._base()}users/{quote(user, safe='')}/{route}"
        try:
            self._transport.raw(method, url, json=body)
        except (NotSignedIn, NotAllowed, NotFound) as error:
            raise NotAllowed(
                "The hub does not let this token start or stop sessions.",
                "Make a token on the hub's token page and set NOTEBENCH_TOKEN to it.",
                code="hub-token",
            ) from error

    def _base(self) -> str:
        if not self._transport.address.hub:
            raise Refused(
                "It is not known where the hub is.",
                "Set NOTEBENCH_URL and NOTEBENCH_TOKEN.",
                code="address-unknown",
            )
        return f"{self._transport.address.hub}hub/api/"
