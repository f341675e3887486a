"""What somebody asks for when they start a server, from the start page or through the hub's REST API."""

from collections.abc import Mapping
from typing import Any

from notebench.contract.errors import Refused
from notebench.contract.sessions import SessionRequest
from pydantic import ValidationError

from notebench_spawner.catalogue.load import nearest

OPTIONS = ("image", "profile", "acting_for")
_LONGEST = 80


def session_request(user: str, server: str, options: Mapping[str, Any]) -> SessionRequest:
    """The question to the service; an option that is not given means the last or the default one.

    Raises Refused for options that the service does not know, or that are not words.
    """
    given = {"image": "", "profile": "", **options}
    if unknown := next((name for name in given if name not in OPTIONS), ""):
        raise _unknown(unknown[:_LONGEST])
    try:
        return SessionRequest.model_validate({**given, "user": user, "server": server})
    except ValidationError as error:
        wrong = str(error.errors()[0]["loc"][0])[:_LONGEST]
    raise Refused(
        "A server cannot be started with the option '{option}' as it was given.",
        "Give `image`, `profile` and `acting_for` as words, and nothing else.",
        code="start-options",
        field=wrong,
        option=wrong,
    )


def _unknown(option: str) -> Refused:
    if near := nearest(option, OPTIONS):
        return Refused(
            "A server has no option '{option}'.",
            "Did you mean '{nearest}'?",
            code="start-options",
            field=option,
            option=option,
            nearest=near,
        )
    return Refused(
        "A server has no option '{option}'.",
        "Give `image`, `profile` and `acting_for` as words, and nothing else.",
        code="start-options",
        field=option,
        option=option,
    )
