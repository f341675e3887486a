"""The page on which people change their own password. (NativeAuthenticator's pages know an older hub.)"""

from jupyterhub.handlers import BaseHandler
from notebench_spawner.marks import N_
from tornado import web

from notebench_hub.hub.accounts import PASSWORD_BYTES

WRONG = N_("The current password is not right.")
DIFFERENT = N_("The new password and its repetition differ.")
LENGTH = N_("A password has {least} to {most} characters.")


class PasswordHandler(BaseHandler):  # type: ignore[misc]  # JupyterHub has no types
    """`/hub/password`."""

    @web.authenticated
    async def get(self) -> None:
        await self._show()

    @web.authenticated
    async def post(self) -> None:
        old, new, again = (self.get_body_argument(name, "", strip=False) for name in ("old", "new", "again"))
        least = self.authenticator.minimum_password_length
        name = self.current_user.name
        if not await self.authenticator.authenticate(self, {"username": name, "password": old}):
            await self._show(WRONG, status=403)
        elif new != again:
            await self._show(DIFFERENT, status=400)
        elif not least <= len(new.encode()) <= PASSWORD_BYTES:
            await self._show(LENGTH, status=400)
        else:
            self.authenticator.change_password(name, new)
            await self._show(done=True)

    async def _show(self, problem: str = "", *, status: int = 200, done: bool = False) -> None:
        self.set_status(status)
        least = self.authenticator.minimum_password_length
        limits = {"least": least, "most": PASSWORD_BYTES}
        self.finish(await self.render_template("password.html", problem=problem, done=done, **limits))
