"""Browser login: the hub's OAuth with a sealed cookie, so that no token of the hub lies open in a browser."""

import base64
import secrets
from hashlib import sha256
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from notebench.contract.errors import Refused
from starlette.responses import Response

from notebench_hub.scopes import SERVICE
from notebench_hub.service.doors.hub import HubClient
from notebench_hub.service.doors.seal import Seal

COOKIE = "notebench-login"
_STATE = "notebench-oauth"
_HUB_SESSION = "jupyterhub-session-id"
_LOGIN_SECONDS = 14 * 86_400
_STATE_SECONDS = 600


class Login:
    """Sends browsers to the hub and takes them back."""

    def __init__(self, hub: HubClient, seal: Seal, *, secret: str) -> None:
        self._hub = hub
        self._seal = seal
        self._secret = secret
        self._prefix = f"/services/{SERVICE}/"

    def read(self, request: Request) -> tuple[str, str]:
        """The hub token of the browser's login and the hub's session id; empty where there is no login."""
        facts = self._seal.open("login", request.cookies.get(COOKIE, ""), _LOGIN_SECONDS) or {}
        return facts.get("token", ""), request.cookies.get(_HUB_SESSION, "")

    def begin(self, request: Request) -> Response:
        """Send the browser to the hub; afterwards it comes back to the page it wanted."""
        verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        query = {
            "client_id": f"service-{SERVICE}",
            "redirect_uri": self._prefix + "oauth_callback",
            "response_type": "code",
            "state": state,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
        }
        answer = RedirectResponse(f"/hub/api/oauth2/authorize?{urlencode(query)}", 302)
        sealed = self._seal.close("state", {"state": state, "verifier": verifier, "next": wanted})
        # A cookie per login, so that two tabs that log in at once do not disturb each other.
        self._set(request, answer, f"{_STATE}-{state[:8]}", sealed, _STATE_SECONDS)
        return answer

    async def finish(self, request: Request) -> Response:
        """The hub sent the browser back: check that we asked, trade the code, remember the login."""
        state = request.query_params.get("state", "")
        name = f"{_STATE}-{state[:8]}"
        facts = self._seal.open("state", request.cookies.get(name, ""), _STATE_SECONDS)
        if not facts or not secrets.compare_digest(facts["state"].encode(), state.encode()):
            raise _not_ours()
        token = await self._hub.code_to_token(
            {
                "client_id": f"service-{SERVICE}",
                "client_secret": self._secret,
                "grant_type": "authorization_code",
                "code": request.query_params.get("code", ""),
                "redirect_uri": self._prefix + "oauth_callback",
                "code_verifier": facts["verifier"],
            }
        )
        if not token:
            raise _not_ours()
        answer = RedirectResponse(self._inside(facts["next"]), 302)
        answer.delete_cookie(name, path=self._prefix)
        self._set(request, answer, COOKIE, self._seal.close("login", {"token": token}), _LOGIN_SECONDS)
        return answer

    def router(self) -> APIRouter:
        """The one route that the hub sends browsers back to."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route("/oauth_callback", self.finish, methods=["GET"])
        return router

    def _inside(self, wanted: str) -> str:
        """Only our own pages: a path below our prefix, which no browser reads as another host."""
        parts = urlsplit(wanted)
        inside = wanted.startswith(self._prefix) and not parts.netloc and "\\" not in wanted
        return wanted if inside else self._prefix

    def _set(self, request: Request, answer: Response, name: str, value: str, seconds: int) -> None:
        secure = request.headers.get("x-forwarded-proto", request.url.scheme).split(",")[0].strip() == "https"
        answer.set_cookie(
            name, value, max_age=seconds, path=self._prefix, httponly=True, secure=secure, samesite="lax"
        )


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _not_ours() -> Refused:
    return Refused(
        "This login was not begun here, or it took too long.",
        "Open the page again to log in.",
        code="login-state",
    )
