"""What the API refuses, as the Status objects in which Kubernetes says so."""

from typing import Any

from tests.kube.standin.kinds import Kind, Object


class Refused(Exception):
    """An answer other than success."""

    def __init__(self, code: int, reason: str, message: str, details: Object | None = None) -> None:
        super().__init__(message)
        self.code, self.reason, self.message, self.details = code, reason, message, details

    def body(self) -> Object:
        said: Object = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            **({"reason": self.reason} if self.reason else {}),
            "code": self.code,
        }
        return said | ({"details": self.details} if self.details is not None else {})


def _details(kind: Kind, name: str = "", **more: Any) -> Object:
    said: Object = {"name": name} if name else {}
    return said | ({"group": kind.group} if kind.group else {}) | {"kind": kind.plural} | more


def deleted(kind: Kind, name: str, uid: str) -> Object:
    """What DELETE answers where the object itself is not given back. Transcript: delete-answers."""
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": _details(kind, name, uid=uid),
    }


def unauthorized() -> Refused:
    """Transcript: no-token."""
    return Refused(401, "Unauthorized", "Unauthorized")


def forbidden(kind: Kind, name: str, why: str) -> Refused:
    """Transcript: verb-not-allowed."""
    named = f' "{name}"' if name else ""
    return Refused(403, "Forbidden", f"{kind.resource}{named} is forbidden: {why}", _details(kind, name))


def not_found(kind: Kind, name: str) -> Refused:
    """Transcript: get-unknown."""
    return Refused(404, "NotFound", f'{kind.resource} "{name}" not found', _details(kind, name))


def no_such_resource() -> Refused:
    """Transcript: unknown-place."""
    return Refused(404, "NotFound", "the server could not find the requested resource", {})


class NoSuchPlace(Exception):
    """Nothing is served there: no Status, but plain text. Transcript: unknown-place."""

    text = "404 page not found\n"


def already_exists(kind: Kind, name: str) -> Refused:
    """Transcript: create-twice."""
    message = f'{kind.resource} "{name}" already exists'
    return Refused(409, "AlreadyExists", message, _details(kind, name))


def conflict(kind: Kind, name: str, why: str = "") -> Refused:
    """Transcript: update-conflict."""
    why = why or (
        "the object has been modified; please apply your changes to the latest version and try again"
    )
    message = f'Operation cannot be fulfilled on {kind.resource} "{name}": {why}'
    return Refused(409, "Conflict", message, _details(kind, name))


def expired(message: str) -> Refused:
    """Transcript: watch-too-old."""
    return Refused(410, "Expired", message)


def bad_request(message: str) -> Refused:
    """Transcript: bad-requests."""
    return Refused(400, "BadRequest", message)


def invalid(kind: Kind, name: str, field: str, cause: str, message: str) -> Refused:
    """Transcript: invalid-names."""
    details: Object = ({"name": name} if name else {}) | ({"group": kind.group} if kind.group else {})
    details |= {"kind": kind.name, "causes": [{"reason": cause, "message": message, "field": field}]}
    return Refused(422, "Invalid", f'{kind.qualified} "{name}" is invalid: {field}: {message}', details)


def unsupported_media_type(accepted: list[str]) -> Refused:
    """Transcript: bad-requests."""
    message = "the body of the request was in an unknown format - accepted media types include: "
    return Refused(415, "UnsupportedMediaType", message + ", ".join(accepted))


def method_not_allowed() -> Refused:
    """Transcript: bad-requests."""
    message = "the server does not allow this method on the requested resource"
    return Refused(405, "MethodNotAllowed", message, {})


def too_large_version(asked: int, current: int) -> Refused:
    """Transcript: list-from-the-future."""
    cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    return Refused(
        504,
        "Timeout",
        f"Timeout: Too large resource version: {asked}, current: {current}",
        {"causes": [cause], "retryAfterSeconds": 1},
    )
