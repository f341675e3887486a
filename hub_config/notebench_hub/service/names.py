"""Names of people and projects as names of workspaces: readable, unique, never a path."""

from notebench.contract.people import PERSONAL
from notebench_spawner.names import digest, slug


def workspace_name(user: str, acting_for: str) -> str:
    """The MLflow workspace of a person or of a project: at most 63 DNS characters."""
    if acting_for == PERSONAL:
        return f"u-{slug(user)}-{digest(user)}"
    return f"p-{slug(acting_for)}-{digest(acting_for)}"
