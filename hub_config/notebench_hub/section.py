"""What every part of the settings is: frozen, and closed to keys that it does not describe."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A part of the tree; a key that is not described here is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)
