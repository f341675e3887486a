"""Handlers of the providers that people are sent to: there, back, and out again."""

import json
from base64 import urlsafe_b64decode
from typing import Any
from urllib.parse import urlencode

from oauthenticator.oauth2 import OAuthCallbackHandler, OAuthLoginHandler, OAuthLogoutHandler
from tornado import web
from tornado.httputil import url_concat

from notebench_hub.hub.sign_in import refusals
from notebench_hub.hub.sign_in.external import Trouble
from notebench_hub.hub.sign_in.out import EndsLogins
from notebench_hub.hub.sign_in.refusals import Refusal, Refusing

_OWN = frozenset({"", "same-origin", "none"})


class There(Refusing, OAuthLoginHandler):  # type: ignore[misc]  # oauthenticator has no types
    """`/hub/oauth_login`: sends the browser to the provider. Other sites' links only lead to our own page."""

    async def get(self) -> None:
        if self.request.headers.get("Sec-Fetch-Site", "") not in _OWN:
            wanted = self._get_next_url()
            self.redirect(url_concat(self.settings["login_url"], {"next": wanted} if wanted else {}))
            return
        try:
            await self.authenticator.prepare()
        except Trouble as error:
            self.log.error("The provider does not say where to sign in: %r", error)
            raise self.authenticator.away() from error
        super().get()


class Back(Refusing, OAuthCallbackHandler):  # type: ignore[misc]
    """`/hub/oauth_callback`: the provider has sent the browser back."""

    def check_arguments(self) -> None:
        """State first: what others' links say is never shown. Then what the provider says."""
        try:
            self.check_state()
        except (web.HTTPError, ValueError, AttributeError) as error:
            raise Refusal(refusals.NOT_BEGUN, 400) from error
        if self.get_argument("error", "") or not self.get_argument("code", ""):
            self.log.warning("The provider answered %r.", self.get_argument("error", "")[:100])
            raise Refusal(refusals.UNFINISHED, 403, provider=self.authenticator.sign_in.provider)

    async def get(self) -> None:
        self.check_arguments()
        user = await self.login_user()
        if user is None:
            raise Refusal(refusals.UNFINISHED, 403, provider=self.authenticator.sign_in.provider)
        self.redirect(self.get_next_url(user))


class Out(EndsLogins, OAuthLogoutHandler):  # type: ignore[misc]
    """`/hub/logout`: ends the login here, then at the provider where it has an address for that."""

    async def render_logout_page(self) -> None:
        target = self.authenticator.end_session_url
        if not target:
            self.redirect(self.settings["login_url"])
            return
        back = self.authenticator.oauth_callback_url.removesuffix("oauth_callback") + "login"
        # No token in the address: the provider asks the person instead, where it wants to be sure.
        fields = {"client_id": self.authenticator.client_id, "post_logout_redirect_uri": back}
        self.redirect(f"{target}{'&' if '?' in target else '?'}{urlencode(fields)}")


def subject_of(token: str) -> str:
    """The subject in an id token whose signature was checked when it came."""
    body = token.split(".")[1]
    claims: dict[str, Any] = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return str(claims["sub"])
