"""The page on which people change their own password. (NativeAuthenticator's pages know an older hub.)"""

from typing import Any

from jupyterhub.handlers import BaseHandler
from notebench.contract.errors import Refused
from notebench_spawner.marks import N_
from tornado import web

from notebench_hub.hub.sign_in import rules
from notebench_hub.hub.sign_in.callers import address
from notebench_hub.hub.sign_in.passwords import Passwords, end_logins

WRONG = N_("The current password is not right.")
DIFFERENT = N_("The new password and its repetition differ.")


class PasswordHandler(BaseHandler):  # type: ignore[misc]  # JupyterHub has no types
    """`/hub/password`. A new password ends all other logins of the user."""

    @web.authenticated
    async def get(self) -> None:
        self._passwords()
        await self._show()

    @web.authenticated
    async def post(self) -> None:
        old, new, again = (self.get_body_argument(name, "", strip=False) for name in ("old", "new", "again"))
        name, passwords = self.current_user.name, self._passwords()
        where = address(self, self.authenticator.trusted_proxies)
        if not await passwords.right(name, old, where):
            await self._show(WRONG, status=403)
        elif new != again:
            await self._show(DIFFERENT, status=400)
        else:
            try:
                rules.check(new, name)
            except Refused as refused:
                await self._show(refused.template, refused.next_template, status=400)
                return
            passwords.change(name, new)
            end_logins(self.db, self.current_user.orm_user, keep=self.get_session_cookie() or "")
            self.set_login_cookie(self.current_user)
            await self._show(done=True)

    def _passwords(self) -> Passwords:
        """Raises HTTPError 404 for who signs in elsewhere and has no password here."""
        passwords: Passwords = self.authenticator.passwords
        if not passwords.has(self.current_user.name):
            raise web.HTTPError(404)
        return passwords

    async def _show(
        self, problem: str = "", step: str = "", *, status: int = 200, done: bool = False
    ) -> None:
        self.set_status(status)
        facts: dict[str, Any] = {"least": rules.LEAST, "most": rules.PASSWORD_BYTES, "done": done}
        page = await self.render_template("password.html", problem=problem, step=step, **facts)
        self.finish(page)
