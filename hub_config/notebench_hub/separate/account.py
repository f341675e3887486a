"""The system account that hub, service, proxy and MLflow run with, and becoming it."""

import os
import pwd
from dataclasses import dataclass
from typing import Any

from notebench_spawner import identity
from notebench_spawner.launcher.accounts import make_parts_account

from notebench_hub.place import ENVIRONMENTS, VARIABLE, Place
from notebench_hub.separate.layout import HOME, Owner
from notebench_hub.settings import Settings


@dataclass(frozen=True)
class PartsAccount:
    """The account of the parts of one installation."""

    name: str
    owner: Owner

    @classmethod
    def have(cls, place: Place, settings: Settings) -> "PartsAccount":
        """Found or made, as root. Raises Refused, Unavailable or OSError."""
        ids = settings.account_ids
        place.root.mkdir(mode=0o711, parents=True, exist_ok=True)
        made = make_parts_account(place.root, ids.first, ids.count)
        return cls(made.name, Owner(made.uid, made.gid))

    @classmethod
    def of(cls, place: Place) -> "PartsAccount":
        """The one that owns the parts' folders. Raises OSError and KeyError where there is none."""
        found = pwd.getpwuid(place.hub.stat().st_uid)
        return cls(found.pw_name, Owner(found.pw_uid, found.pw_gid))

    def process(self, place: Place) -> dict[str, Any]:
        """What `subprocess` needs to start something with this account and nothing of root's."""
        return {
            "user": self.owner.uid,
            "group": self.owner.gid,
            "extra_groups": [],
            "umask": 0o077,
            "cwd": place.root / HOME,
            "env": {**os.environ, **self.variables(place)},
        }

    def variables(self, place: Place) -> dict[str, str]:
        """Environment variables that tell programs who they are."""
        home = str(place.root / HOME)
        return {
            "HOME": home,
            "USER": self.name,
            "LOGNAME": self.name,
            "XDG_CACHE_HOME": f"{home}/.cache",
            "XDG_DATA_HOME": f"{home}/.local/share",
            VARIABLE: str(place.root),
            ENVIRONMENTS: str(place.environments),
        }


def step_down(place: Place) -> None:
    """Where root asks about an installation with separate accounts: go on with the account of its parts.

    What is done then, is done to files that this account may replace; root must not be led by them.
    """
    if os.geteuid() != 0 or not place.separate:
        return
    account = PartsAccount.of(place)
    os.environ.update(account.variables(place))
    identity.become(*account.owner)
    os.chdir(place.root / HOME)  # root's own directory is closed to it
