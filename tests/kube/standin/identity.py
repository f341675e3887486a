"""Which account a container's process runs as, where the stand-in is root and was asked for it.

Transcript: identity.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from tests.kube.standin.kinds import Object
from tests.kube.standin.mounts import Mounts


@dataclass(frozen=True)
class Identity:
    """Numbers from `securityContext`; the group is root's where none is named, as in images."""

    user: int
    group: int
    groups: tuple[int, ...]
    volumes: int | None
    """The group that volumes are given to."""

    def arguments(self) -> Object:
        """For starting a process."""
        return {"user": self.user, "group": self.group, "extra_groups": list(self.groups)}


def of(pod: Object, container: Object) -> Identity | None:
    """None where nobody is named: the image decides, and here that is who runs the stand-in."""
    both = (pod["spec"].get("securityContext") or {}) | (container.get("securityContext") or {})
    if "runAsUser" not in both:
        return None
    groups = [*(both.get("supplementalGroups") or []), *([both["fsGroup"]] if "fsGroup" in both else [])]
    return Identity(both["runAsUser"], both.get("runAsGroup", 0), tuple(groups), both.get("fsGroup"))


def prepare(identity: Identity, mounts: Mounts, own: Path, folder: Path) -> None:
    """Folders of the image are the account's, volumes are the volumes' group's, or anybody's with none."""
    for _, place in mounts.places:
        if own in place.parents:
            os.chown(place, identity.user, identity.group)
        elif place.is_dir() and identity.volumes is not None:
            os.chown(place, -1, identity.volumes)
            place.chmod(0o2770)
        elif place.is_dir():
            place.chmod(0o777)
    os.chown(folder, identity.user, identity.group)
