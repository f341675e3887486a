"""People: the handshake, who the asker is, and projects with their members' roles."""

from notebench_hub.service.feature import Feature, Parts
from notebench_hub.service.people.routes import router


def feature(parts: Parts) -> Feature:
    """The feature `people`."""
    return Feature(name="people", api=[router(parts)])
