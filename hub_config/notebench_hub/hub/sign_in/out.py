"""Signing out: ends every login of the person, so that nothing copied from a browser works afterwards."""

from typing import Any

from jupyterhub.handlers.login import LogoutHandler

from notebench_hub.hub.sign_in.passwords import end_logins


class EndsLogins:
    """Goes before a handler for `/hub/logout`.

    JupyterHub itself takes the cookie away from the browser that asks; a copy of it would go on for 14 days.
    The hub knows one login cookie per person, so the person's other browsers have to sign in again, too.
    """

    request: Any
    db: Any

    async def handle_logout(self) -> None:
        await super().handle_logout()  # type: ignore[misc]  # the hub's handler
        user = self.get_current_user_cookie()  # type: ignore[attr-defined]
        # A link on another site signs out the browser that follows it, as ever, and no other one.
        if user is not None and self.request.headers.get("Sec-Fetch-Site", "") != "cross-site":
            end_logins(self.db, user.orm_user)


class Out(EndsLogins, LogoutHandler):  # type: ignore[misc]  # JupyterHub has no types
    """`/hub/logout` where people sign in at the hub itself."""
