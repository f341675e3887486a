"""The error edge: every failure leaves as a `Problem` in the reader's language, its story goes to the log."""

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from notebench.contract.errors import (
    Conflict,
    NotAllowed,
    NotebenchError,
    NotFound,
    NotSignedIn,
    Problem,
    Refused,
    TooLarge,
    TooOften,
    Unavailable,
)
from notebench_spawner.marks import N_
from starlette.exceptions import HTTPException

from notebench_hub.i18n import negotiate, translator
from notebench_hub.service.doors import refused

log = logging.getLogger("notebench.service")

MEDIA_TYPE = "application/problem+json"
_KINDS = (NotFound, NotAllowed, NotSignedIn, Conflict, TooLarge, TooOften, Unavailable)
_BY_STATUS: dict[int, type[NotebenchError]] = {int(one.status): one for one in _KINDS}


def install(app: FastAPI) -> None:
    """Make the app answer every failure in one shape."""
    app.add_exception_handler(NotebenchError, _on_error)
    app.add_exception_handler(RequestValidationError, _on_error)
    app.add_exception_handler(HTTPException, _on_error)


async def _on_error(request: Request, error: Exception) -> Response:
    if isinstance(error, NotebenchError):
        await refused.note(request, error)
    return problem_response(
        error, request.headers.get("accept-language"), f"{request.method} {request.url.path}"
    )


def problem_response(error: Exception, accept_language: str | None, where: str) -> Response:
    """The answer for any exception; logs it under the reference that the answer names."""
    known = as_notebench_error(error)
    problem = known.problem(translator(negotiate(accept_language)))
    if known.status >= 500:
        cause = error if not isinstance(error, NotebenchError) else error.__cause__
        log.error("%s %s: %s", problem.reference, where, known.text(), exc_info=cause)
    else:
        log.info("%s %s: %s %s", problem.reference, where, problem.code, known.text())
    return answer(problem, known.status)


def answer(problem: Problem, status: int) -> Response:
    """A problem as an HTTP answer."""
    headers = {"Cache-Control": "no-store"}
    if status in (Unavailable.status, TooOften.status):
        headers["Retry-After"] = "5"
    if status == NotSignedIn.status:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(problem.model_dump_json(), status, headers, MEDIA_TYPE)


def as_notebench_error(error: Exception) -> NotebenchError:
    """Any exception as one of our tree; what nobody foresaw tells the reader nothing but its reference."""
    if isinstance(error, NotebenchError):
        return error
    if isinstance(error, RequestValidationError):
        return _invalid(error)
    if isinstance(error, HTTPException):
        return _http(error)
    return NotebenchError(
        "Something went wrong inside Notebench.",
        "Try again; if it stays, give the reference to an admin.",
    )


def _http(error: HTTPException) -> NotebenchError:
    if error.status_code == 404:
        return NotFound("There is nothing at this address.", "Check the address.", code="no-such-address")
    if error.status_code == 405:
        return Refused("This address does not take this method.", "Check the method.", code="no-such-method")
    kind = _BY_STATUS.get(error.status_code, Refused if error.status_code < 500 else NotebenchError)
    text, step = N_("The request was not understood: {detail}."), N_("Check the request.")
    return kind(text, step, detail=error.detail)


def _invalid(error: RequestValidationError) -> Refused:
    first = error.errors()[0]
    place = [str(part) for part in first["loc"][1:]]
    name = ".".join(place)[:200] or str(first["loc"][0])
    values: dict[str, object] = {"name": name, "detail": str(first["msg"])[:300]}
    match first["type"]:
        case "missing":
            text, step = N_("The field {name} is missing."), N_("Send it.")
        case "extra_forbidden":
            text = N_("The field {name} is not known here.")
            step = N_("Leave it out, or check how it is spelt.")
        case _:
            text, step = N_("The field {name} is not right: {detail}."), N_("Correct it and try again.")
    return Refused(text, step, code="invalid", field=name, **values)
