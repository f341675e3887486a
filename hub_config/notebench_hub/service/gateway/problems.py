"""Refusals at the gateway: one body that our clients and MLflow's Python client both understand."""

from http import HTTPStatus
from typing import Final

from fastapi import Request
from fastapi.responses import JSONResponse
from notebench.contract.errors import NotebenchError

from notebench_hub.i18n import negotiate, translator
from notebench_hub.service.relay import SANDBOX

_WORDS: Final = {
    400: "INVALID_PARAMETER_VALUE",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "RESOURCE_DOES_NOT_EXIST",
    409: "RESOURCE_ALREADY_EXISTS",
    413: "REQUEST_LIMIT_EXCEEDED",
    503: "TEMPORARILY_UNAVAILABLE",
}


def problem(error: NotebenchError, request: Request) -> JSONResponse:
    """The refusal as `application/problem+json` in the reader's language."""
    translate = translator(negotiate(request.headers.get("accept-language")))
    return _answer(error.problem(translate).model_dump(), int(error.status))


def mlflow_problem(error: NotebenchError, request: Request) -> JSONResponse:
    """The same with MLflow's `error_code`, and a `message` that holds the next step: all its client shows."""
    translate = translator(negotiate(request.headers.get("accept-language")))
    said = error.problem(translate)
    status = int(error.status)
    body = said.model_dump() | {
        "message": f"{said.message} {said.next_step}".strip(),
        "error_code": _WORDS.get(status, "INTERNAL_ERROR"),
    }
    if status == HTTPStatus.SERVICE_UNAVAILABLE and says_python_client(request):
        # Its HTTP library retries a 503 and throws the body away. A failed dependency is shown as it is.
        status = HTTPStatus.FAILED_DEPENDENCY
    return _answer(body, status)


def says_python_client(request: Request) -> bool:
    """Whether MLflow's Python client is asking."""
    return request.headers.get("user-agent", "").startswith("mlflow-python-client/")


def _answer(body: dict[str, str], status: int) -> JSONResponse:
    headers = dict(SANDBOX)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "5"
    return JSONResponse(body, status_code=status, headers=headers, media_type="application/problem+json")
