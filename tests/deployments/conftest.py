"""A bench with the deployments feature and a model server that does as its version says."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.bench import Bench

SERVER = str(Path(__file__).with_name("server.py"))


class Serving:
    """Deployments of the model `wine` on a bench."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.aliases(**{"@champion": "1", "": "2"})

    def aliases(self, **names: str) -> None:
        (self.bench.root / "models.json").write_text(json.dumps(names))

    def up(self, **roles: str) -> "Serving":
        import sys

        self.bench.up(features="deployments", serving=[sys.executable, "-S", SERVER], grace=10, **roles)
        return self

    def deploy(self, name: str = "wine", **wish: Any) -> dict[str, Any]:
        with self.bench.client() as client:
            body = {"model": "wine", "version": "1", **wish}
            return client.put(f"deployments/{name}", json=body).raise_for_status().json()

    def get(self, name: str = "wine") -> dict[str, Any]:
        with self.bench.client() as client:
            return client.get(f"deployments/{name}").raise_for_status().json()

    def until(self, name: str = "wine", seconds: float = 30, **wanted: Any) -> dict[str, Any]:
        """Wait until all these fields are as wanted."""

        def look() -> dict[str, Any] | None:
            found = self.get(name)
            return found if all(found[key] == value for key, value in wanted.items()) else None

        return self.bench.until(look, seconds)

    def where(self, deployment: str) -> str:
        return httpx.get(f"{self.bench.base}/where/{deployment}").raise_for_status().json()["address"]

    def call(self, deployment: str) -> dict[str, Any]:
        """Ask the model server that the gateway would ask."""
        address = self.where(deployment)
        transport = httpx.HTTPTransport(uds=address.removeprefix("unix:"))
        with httpx.Client(transport=transport, base_url="http://m") as client:
            return client.post("/invocations", json={}).raise_for_status().json()


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    bench = Bench(tmp_path / "state", "deployments")
    yield Serving(bench)
    bench.down()
