"""In which namespace a session starts, where that is not the same for all: its home's volume is there."""

from notebench_spawner.pods.names import namespace
from notebench_spawner.pods.settings import Namespaces
from notebench_spawner.sessions import cluster_refusals


def space_of_start(
    spaces: Namespaces, *, usual: str, user: str, acting_for: str, before: str, claim: str
) -> str:
    """The namespace of this start; `before` is that of the last one, `claim` the volume it had there.

    Raises Refused for who had a home where everybody's was, until the settings gave people namespaces.
    """
    found = namespace(spaces, usual, user, acting_for)
    if claim and found != before and spaces.people and before == usual:
        raise cluster_refusals.other_home(f"{before}/{claim}", f"{found}/{claim}")
    return found
