"""What things are called in a cluster: words of DNS, readable where they can be, never two things' name."""

from notebench.contract.people import PERSONAL

from notebench_spawner.names import digest, dns_label, slug
from notebench_spawner.pods.settings import Homes, Namespaces, Projects

OURS = "notebench"
"""The prefix of our labels and annotations."""

_LONGEST = 63
_PART = 18


def session_name(user: str, server: str) -> str:
    """The name of the pod of a user's server, the same at each start."""
    words = [dns_label(name) for name in ((user, server) if server else (user,))]
    # No word has two dashes in a row: what is joined can be taken apart, and three are neither's.
    plain = "--".join(["session", *words])
    if len(plain) <= _LONGEST:
        return plain
    return f"session--{slug(user, _PART)}--{slug(server, _PART)}---{digest(f'{len(user)} {user}{server}')}"


def namespace(namespaces: Namespaces, usual: str, user: str, acting_for: str) -> str:
    """Where a workload lives: the project's, the person's, or the one that all share."""
    if namespaces.projects and acting_for != PERSONAL:
        return _space(namespaces.projects, "{project}", acting_for)
    if namespaces.people:
        return _space(namespaces.people, "{user}", user)
    return usual


def _space(template: str, word: str, name: str) -> str:
    found = template.replace(word, dns_label(name))
    if len(found) <= _LONGEST:
        return found
    room = _LONGEST - len(template.replace(word, "")) - len(f"-{digest(name)}")
    return template.replace(word, f"{slug(name, max(1, room))}-{digest(name)}")


def home_claim(homes: Homes, user: str) -> str:
    """The claim of a user's home."""
    return homes.claims.get(user) or homes.claim.replace("{user}", dns_label(user))


def home_folder(homes: Homes, user: str) -> str:
    """The folder of a home inside its volume; empty for all of it."""
    return homes.folder.replace("{user}", dns_label(user))


def project_claim(projects: Projects, project: str) -> str:
    """The claim of a project's files."""
    return projects.claim.replace("{project}", dns_label(project))


def project_folder(projects: Projects, project: str) -> str:
    """The folder of a project inside its volume; empty for all of it."""
    return projects.folder.replace("{project}", dns_label(project))


def project_mount(projects: Projects, project: str, home: str) -> str:
    """Where a workload finds a project's files."""
    return projects.mount.replace("{home}", home).replace("{project}", dns_label(project))
