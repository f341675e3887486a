"""Why somebody could not sign in: one sentence and what to do now, on a page of its own."""

from typing import Any

from notebench_spawner.marks import N_
from tornado import web

NOT_ALLOWED = (
    N_("{provider} knows you as {name}, but you may not use this Notebench."),
    N_("Ask an admin to let you in, with one of your groups at {provider} or by name. Then sign in again."),
)
NAME_TAKEN = (
    N_("{provider} calls you {name}, and that name belongs to another account here."),
    N_("Ask an admin to join the two with `notebench user link`, if both are yours."),
)
NAME_WRONG = (
    N_("{provider} calls you {name!r}, which cannot be a name here."),
    N_("Names have up to 128 plain letters, digits and . _ - + @. Ask an admin to take another claim."),
)
NAMELESS = (
    N_("{provider} does not say who you are: `{claim}` is missing in its answer."),
    N_("Ask an admin to correct the settings of sign-in."),
)
AWAY = (
    N_("{provider} does not answer as it should, so nobody can sign in now."),
    N_("Try again in a minute. An admin finds the whole story with `notebench logs hub`."),
)
UNFINISHED = (
    N_("You were not signed in at {provider}."),
    N_("Go back and sign in again."),
)
NOT_BEGUN = (
    N_("This sign-in was not begun in this browser, or it took too long."),
    N_("Go back and sign in again."),
)


class Refusal(web.HTTPError):
    """Ends a sign-in; `write_error` of the handlers here shows it."""

    def __init__(self, words: tuple[str, str], status: int = 403, **values: object) -> None:
        super().__init__(status, reason=None)
        self.words = words
        self.values = values


class Refusing:
    """For handlers: shows a Refusal as a page, and everything else as before."""

    def write_error(self, status_code: int, **facts: Any) -> None:
        """Called by tornado with what was raised."""
        error = (facts.get("exc_info") or (None, None))[1]
        if not isinstance(error, Refusal):
            super().write_error(status_code, **facts)  # type: ignore[misc]  # the handler's own
            return
        handler: Any = self
        handler.set_header("Content-Type", "text/html")
        text, step = error.words
        page = handler.render_template(
            "refused.html",
            sync=True,
            text=text,
            step=step,
            values=error.values,
            sign_out=getattr(handler.authenticator, "end_session_url", ""),
            begin=handler.settings["login_url"],
        )
        handler.finish(page)
