"""Deployments and their endpoints."""

from collections.abc import Iterator
from typing import Any

from notebench.client.transport import Transport, below
from notebench.contract.deployments import Deployment, DeployRequest, Desired, DesiredRequest

_JSON = "application/json"


class Deployments:
    """`/deployments`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def deploy(self, name: str, request: DeployRequest) -> Deployment:
        """Serve a model version; returns at once."""
        return self._transport.ask(Deployment, "PUT", below("deployments", name), request)

    def list(self) -> list[Deployment]:
        """All of what the asker acts for."""
        return self._transport.get(list[Deployment], "/deployments")

    def get(self, name: str) -> Deployment:
        """One deployment."""
        return self._transport.get(Deployment, below("deployments", name))

    def desire(self, name: str, desired: Desired) -> Deployment:
        """Stop it or start it again."""
        return self._transport.ask(
            Deployment, "PUT", below("deployments", name, "desired"), DesiredRequest(desired=desired)
        )

    def delete(self, name: str) -> None:
        """Remove it with its address."""
        self._transport.send("DELETE", below("deployments", name))

    def logs(self, name: str) -> Iterator[str]:
        """What its model server printed."""
        return self._transport.stream(below("deployments", name, "logs"))

    def invoke(self, name: str, body: bytes, content_type: str = _JSON) -> Any:
        """The answer of the model behind an endpoint to a body in one of MLflow's formats.

        `name` is a deployment's name or an endpoint's address.
        """
        deployment = name.partition("/endpoints/")[2].split("/")[0] or self.get(name).id
        url = f"{self._transport.address.service}endpoints/{deployment}/invocations"
        answer = self._transport.raw(
            "POST", url, content=body, headers={"Content-Type": content_type}, timeout=300.0
        )
        return answer.json()
