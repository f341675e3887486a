"""One tree for everything that is refused or fails.

::

    NotebenchError            500  internal
    ├── Refused               400  refused           the request is wrong
    │   ├── NotFound          404  not-found         …or not yours: both look the same
    │   ├── NotAllowed        403  not-allowed
    │   ├── NotSignedIn       401  not-signed-in
    │   ├── Conflict          409  conflict
    │   ├── TooLarge          413  too-large
    │   └── TooOften          429  too-often
    └── Unavailable           503  unavailable       a part is away; trying again can help

Each error says what was wrong, which value, and what to do next. The edges turn it into a `Problem`.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import ClassVar
from uuid import uuid4

from notebench.contract.base import Answer


class Problem(Answer):
    """The body of every answer that is not a success (media type `application/problem+json`)."""

    code: str
    """Stable word for programs, for example `image-unknown`."""
    message: str
    """What was wrong and which value, one sentence, in the reader's language."""
    next_step: str = ""
    """What the reader can do now, one sentence, in the reader's language."""
    field: str = ""
    """The request's field or the model's input column that was wrong, if one was."""
    reference: str = ""
    """Short code under which an admin finds the whole story in the service's log."""


Translate = Callable[[str], str]
"""Turns an English template into the reader's language; `gettext` functions fit."""


class NotebenchError(Exception):
    """Something went wrong. Texts are English templates with `{name}` places; `values` fill them.

    Templates are what translators see, so they are written out in the call and never put together.
    """

    status: ClassVar[int] = HTTPStatus.INTERNAL_SERVER_ERROR
    code: ClassVar[str] = "internal"

    def __init__(
        self,
        message: str,
        next_step: str = "",
        *,
        code: str = "",
        field: str = "",
        **values: object,
    ) -> None:
        self.template = message
        self.next_template = next_step
        self.kind = code or type(self).code
        self.field = field
        self.values = values
        self.reference = uuid4().hex[:8]
        super().__init__(self.text())

    def text(self) -> str:
        """The English sentence with its values, then the next step."""
        problem = self.problem()
        return f"{problem.message} {problem.next_step}".strip()

    def problem(self, translate: Translate | None = None) -> Problem:
        """The error as a body; `translate` maps an English template to the reader's language."""

        def say(template: str) -> str:
            text = translate(template) if translate and template else template
            return text.format_map(self.values) if self.values else text

        return Problem(
            code=self.kind,
            message=say(self.template),
            next_step=say(self.next_template),
            field=self.field,
            reference=self.reference,
        )


class Refused(NotebenchError):
    """The request is wrong; the same request will be wrong again."""

    status = HTTPStatus.BAD_REQUEST
    code = "refused"


class NotFound(Refused):
    """There is no such thing, or the asker may not know of it."""

    status = HTTPStatus.NOT_FOUND
    code = "not-found"


class NotAllowed(Refused):
    """The asker is known and may see the thing, but not do this."""

    status = HTTPStatus.FORBIDDEN
    code = "not-allowed"


class NotSignedIn(Refused):
    """No valid login or token came with the request."""

    status = HTTPStatus.UNAUTHORIZED
    code = "not-signed-in"


class Conflict(Refused):
    """The thing exists already or has changed meanwhile."""

    status = HTTPStatus.CONFLICT
    code = "conflict"


class TooLarge(Refused):
    """More than the limit that the message names."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "too-large"


class TooOften(Refused):
    """More often than the message allows; after a while the same request is fine."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "too-often"


class Unavailable(NotebenchError):
    """A part that is needed is away; the message says which."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "unavailable"
