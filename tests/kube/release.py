"""An installation that the chart has made on a real cluster, with the words that the tests use.

`NOTEBENCH_TEST_RELEASE` is its namespace and `NOTEBENCH_TEST_URL` its address; `kubectl` and its kubeconfig
reach the cluster.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests import leaks
from tests.installation import Installation

_VARIABLES = ("NOTEBENCH_TEST_RELEASE", "NOTEBENCH_TEST_URL")


def why_not() -> str:
    """Why the tests cannot use one; empty where they can."""
    missing = [name for name in _VARIABLES if not os.environ.get(name)]
    return (
        f"It needs the chart installed on a cluster, where {', '.join(missing)} says which."
        if missing
        else ""
    )


class Release(Installation):
    """What an admin does at it is done in the hub's pod."""

    def __init__(self) -> None:
        super().__init__(Path("/nonexistent"))
        self.space, self._url = (os.environ[name] for name in _VARIABLES)

    @property
    def url(self) -> str:
        return self._url.rstrip("/") + "/"

    def kubectl(self, *words: str, said: str = "") -> str:
        """What `kubectl` answers."""
        done = subprocess.run(
            ["kubectl", "--namespace", self.space, *words],
            input=said,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, f"kubectl {' '.join(words)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def inside(self, *words: str, said: str = "") -> str:
        """`notebench WORDS` in the hub's pod."""
        return self.kubectl("exec", "-i", "deployment/hub", "-c", "hub", "--", "notebench", *words, said=said)

    def add_user(self, name: str) -> str:
        password = f"{name}-has-a-long-passphrase-{os.urandom(4).hex()}"
        self.inside("user", "add", name, "--password-stdin", said=password + "\n")
        leaks.note(f"password of {name}", password)
        self.passwords[name] = password
        return password

    def add_project(self, name: str, *members: str) -> None:
        self.inside("project", "add", name, *(word for member in members for word in ("--member", member)))

    def token(self, user: str) -> str:
        token = self.inside("token", user).strip()
        leaks.note(f"token of {user}", token)
        return token

    def labels(self, kind: str) -> list[dict[str, str]]:
        """The labels of all objects of a kind."""
        found: dict[str, Any] = json.loads(self.kubectl("get", kind, "--output", "json"))
        return [one["metadata"].get("labels", {}) for one in found["items"]]
