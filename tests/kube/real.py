"""A real cluster, with the words that the tests of a whole installation use of the stand-in.

`NOTEBENCH_TEST_KUBECONFIG` names it, `NOTEBENCH_TEST_SCIENTIFIC_IMAGE` the scientific image, by digest, that
its nodes have or can pull, and `NOTEBENCH_TEST_ADDRESS` an address of this machine that its pods reach.
"""

import os
import time
from pathlib import Path

from tests.kube import kubeconfig
from tests.kube.standin.kinds import Kind, Object

_VARIABLES = ("NOTEBENCH_TEST_KUBECONFIG", "NOTEBENCH_TEST_SCIENTIFIC_IMAGE", "NOTEBENCH_TEST_ADDRESS")


def why_not() -> str:
    """Why the tests cannot run on a real cluster; empty where they can."""
    missing = [name for name in _VARIABLES if not os.environ.get(name)]
    return f"It runs on a real cluster where {', '.join(missing)} says which." if missing else ""


class RealCluster:
    """One that is there before and after the tests; what they make in it is in one namespace, which goes."""

    def __init__(self) -> None:
        file, self.reference, self.address = (os.environ[name] for name in _VARIABLES)
        self._file = Path(file).resolve()
        self._client = kubeconfig.client(self._file)

    def namespace(self, name: str) -> None:
        """Make it anew."""
        self.remove(name)
        self._client.post("/api/v1/namespaces", json={"metadata": {"name": name}}).raise_for_status()

    def remove(self, name: str) -> None:
        """Delete it with all that is in it, and wait until it is gone."""
        place, ends = f"/api/v1/namespaces/{name}", time.monotonic() + 120
        self._client.delete(place)
        while self._client.get(place).is_success:
            assert time.monotonic() < ends, f"the namespace {name} does not go"
            time.sleep(0.5)

    def kubeconfig(self, _target: Path, *, namespace: str) -> Path:
        """The file that leads to it; the namespace is what the settings say."""
        del namespace
        return self._file

    def all(self, kind: Kind, namespace: str) -> list[Object]:
        group = f"/apis/{kind.group}/{kind.version}" if kind.group else "/api/v1"
        answer = self._client.get(f"{group}/namespaces/{namespace}/{kind.plural}").raise_for_status()
        return list(answer.json()["items"])
