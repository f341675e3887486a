"""The base of every contract type: unknown keys are refused by writers' checks, ignored by older readers."""

from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Moment = AwareDatetime
"""An instant with a time zone, sent as ISO 8601 in UTC."""

NAME_PATTERN: Final = "[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?"
"""All of a name: to be matched from its beginning to its end."""

Name = Annotated[str, Field(pattern=f"^{NAME_PATTERN}$")]
"""A name people choose for a thing with an address: 1 to 40 lower-case letters, digits and inner dashes."""

Json = dict[str, Any]


class Answer(BaseModel):
    """A thing the service says. Readers of an older contract ignore what they do not know."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Request(BaseModel):
    """A thing somebody asks of the service. A key that the service does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


__all__ = ["NAME_PATTERN", "Answer", "Json", "Moment", "Name", "Request", "datetime"]
