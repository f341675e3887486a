"""Why a session does not start, as JupyterHub shows it: on its pages and in its REST API."""

import html
import re
from collections.abc import Callable
from uuid import uuid4

from jupyterhub.spawner import SpawnException
from notebench.contract.errors import NotebenchError, Problem, Unavailable

from notebench_spawner.sessions.service import DeniedError

REFUSALS = (NotebenchError, DeniedError, OSError)
"""What is said to people without a traceback."""


def refusal(error: Exception, translate: Callable[[str], str]) -> tuple[SpawnException, str]:
    """The hub's exception for one of `REFUSALS`, and the reason for the session's record, in English."""
    if isinstance(error, DeniedError):
        return spawn_exception(error.problem, error.status), error.problem.message
    known = error if isinstance(error, NotebenchError) else _of_system(error)
    return spawn_exception(known.problem(translate), int(known.status)), known.problem().message


def _of_system(error: Exception) -> NotebenchError:
    return Unavailable(
        "The session cannot be started here: {problem}.",
        "Tell an admin; nothing of yours was changed.",
        code="session-io",
        problem=getattr(error, "strerror", None) or error,
    )


def unforeseen() -> NotebenchError:
    """What is said to people for an error of ours; its `reference` leads an admin to the log."""
    reference = uuid4().hex[:8]
    error = NotebenchError(
        "Something broke inside Notebench while the session was starting.",
        "Try again. If it happens again, tell an admin the code {hint}; nothing of yours was changed.",
        hint=reference,
    )
    error.reference = reference
    return error


def spawn_exception(problem: Problem, status: int) -> SpawnException:
    """A problem as JupyterHub's exception: text for programs, escaped HTML for pages."""
    exception = SpawnException(
        f"{problem.message} {problem.next_step}".strip(), reason=problem.code, status_code=status
    )
    # Some of the hub's pages read these attributes, others the exception's own.
    exception.jupyterhub_message = exception.message
    exception.message_html = f"<strong>{_html(problem.message)}</strong> {_html(problem.next_step)}"
    exception.jupyterhub_html_message = exception.message_html
    return exception


def _html(text: str) -> str:
    """Escaped; what is between backticks becomes code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))
