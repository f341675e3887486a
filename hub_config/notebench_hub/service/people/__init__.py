"""People: the handshake, who the asker is, and projects with their members' roles."""

from notebench_hub.service.feature import Feature, Parts
from notebench_hub.service.people.projects import Projects
from notebench_hub.service.people.provided import Provided
from notebench_hub.service.people.routes import router


def feature(parts: Parts) -> Feature:
    """The feature `people`."""
    named = parts.settings.sign_in.projects
    projects = Projects(parts.store, parts.hub, named)
    return Feature(name="people", api=[router(projects)], controllers=[Provided(projects)] if named else [])
